import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { AxeResults } from 'axe-core'
import type { Page } from '@playwright/test'
import { type Account, body, capture, expect, fillLogin, newName, row, signOut, test, title, type Watch } from './test.ts'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** Runs all rules of axe, its advice too, and looks for what is cut off at the side. */
async function inspect(page: Page, state: string): Promise<void> {
  await page.evaluate(axe)
  const results = (await page.evaluate('axe.run()')) as AxeResults
  const found = results.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(' ')}`)
  expect(found, state).toEqual([])
  expect(results.passes.length, state).toBeGreaterThan(10)
  const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
  expect(over, `${state}: wider than the window`).toBeLessThanOrEqual(0)
}

const long = [
  '# One\n\n## Two\n\nText with `code`, **bold** and [a link](https://example.com).',
  '- [ ] open\n- [x] done\n\n1. one\n2. two\n\n> said\n\n---',
  '| a | b |\n| --- | :-: |\n| c | d |',
  '```\n' + 'a line of code that is far too long for any telephone '.repeat(3) + '\n```',
  'word'.repeat(60),
].join('\n\n')

async function signedOut(page: Page, watch: Watch): Promise<void> {
  watch.allow(401)
  watch.allow(400)
  await page.goto('/login')
  await expect(title(page, 'Sign in')).toBeVisible()
  await inspect(page, 'sign in')
  await fillLogin(page, newName(), 'wrong')
  await expect(page.getByRole('alert')).toBeVisible()
  await inspect(page, 'wrong password')
  await page.goto('/signup')
  await expect(title(page, 'Create an account')).toBeVisible()
  await inspect(page, 'sign up')
  await fillLogin(page, newName(), 'short')
  await expect(page.getByRole('alert')).toBeVisible()
  await inspect(page, 'sign up, refused')
}

async function signedIn(page: Page, account: Account, watch: Watch): Promise<void> {
  watch.allow(404)
  watch.allow(412)
  watch.allow('net::ERR_INTERNET_DISCONNECTED')
  await page.goto('/')
  await expect(page.getByText('No notes yet')).toBeVisible()
  await inspect(page, 'no notes')

  const note = await account.add({ title: 'A title', body: long, tags: ['home', 'work'], pinned: true })
  await account.add({ title: 'w'.repeat(300), body: 'x'.repeat(300) })
  await account.add({ title: '', body: 'untitled' })
  await page.reload()
  await expect(row(page, 'A title')).toBeVisible()
  await inspect(page, 'list')
  await capture(page).fill('Something new')
  await inspect(page, 'capture')
  await capture(page).fill('')

  await row(page, 'A title').click()
  await expect(page.locator('.markdown')).toBeVisible()
  await inspect(page, 'note')
  await page.getByRole('button', { name: account.username }).click()
  await inspect(page, 'menu')
  await page.keyboard.press('Escape')

  await page.keyboard.press('e')
  await body(page).fill('mine')
  await inspect(page, 'edit')
  await page.keyboard.press('Escape')
  await expect(page.getByText('text here that is not saved')).toBeVisible()
  await inspect(page, 'draft')
  await signOut(page, account.username)
  await inspect(page, 'sign out?')
  await page.getByRole('button', { name: 'Stay signed in' }).click()

  await page.getByRole('button', { name: 'Go on writing' }).click()
  await account.update(note.id, { body: long })
  await page.context().setOffline(true)
  await page.keyboard.press('Control+Enter')
  await expect(page.getByRole('alert')).toBeVisible()
  await inspect(page, 'away')
  await page.context().setOffline(false)
  await account.update(note.id, { body: 'theirs' })
  await page.keyboard.press('Control+Enter')
  await expect(title(page, 'This note changed elsewhere')).toBeVisible()
  await inspect(page, 'conflict')
  await page.getByRole('button', { name: 'Take theirs' }).click()

  await page.getByRole('button', { name: 'Delete' }).click()
  await expect(page.getByText('Moved to the trash.')).toBeVisible()
  await inspect(page, 'toast')
  await page.goto(`/notes/${note.id}`)
  await expect(page.getByText('This note is in the trash.')).toBeVisible()
  await inspect(page, 'trashed note')
  await page.goto('/notes/0123456789ab')
  await expect(title(page, 'This note is not here')).toBeVisible()
  await inspect(page, 'no such note')
  await page.goto('/settings')
  await expect(title(page, 'There is nothing here')).toBeVisible()
  await inspect(page, 'no such page')
}

for (const width of [1280, 360, 320]) {
  for (const colorScheme of ['light', 'dark'] as const) {
    test.describe(`${width} px, ${colorScheme}`, () => {
      test.use({ viewport: { width, height: 800 }, colorScheme, reducedMotion: 'reduce' })
      test('signed out', async ({ page, watch }) => signedOut(page, watch))
      test('signed in', async ({ page, account, watch }) => signedIn(page, account, watch))
    })
  }
}
