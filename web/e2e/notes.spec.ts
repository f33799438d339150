import { body, capture, expect, password, row, test, title } from './test.ts'
import { notesCommand, tempDir } from './programs.ts'

test('a note from the command line is there after a reload', async ({ page, account, server }) => {
  await page.goto('/')
  await expect(page.getByText('No notes yet')).toBeVisible()

  const dir = await tempDir('cli')
  await notesCommand(
    dir,
    ['login', '--username', account.username, '--password-stdin', '--server', server.url, '--insecure-storage'],
    password + '\n',
  )
  const id = await notesCommand(dir, ['add', '-', '--tag', 'cli'], 'From a terminal\n\n- [ ] first\n- [x] second\n')

  await page.reload()
  await row(page, 'From a terminal').click()
  await expect(page).toHaveURL(`/notes/${id}`)
  await expect(page.getByRole('checkbox', { name: 'Done' })).toBeChecked()
  await expect(page.getByRole('checkbox', { name: 'To do' })).not.toBeChecked()

  // And the other way round.
  await page.getByRole('button', { name: 'Edit' }).click()
  await body(page).fill('Changed in a browser.')
  await page.keyboard.press('Control+Enter')
  await expect(page.locator('.markdown')).toHaveText('Changed in a browser.')
  expect(await notesCommand(dir, ['show', id, '--raw'])).toBe('Changed in a browser.')
})

test('what is done elsewhere shows at once, in the list and in the open note', async ({ page, account, server, watch }) => {
  watch.allow(404) // of the note that is gone
  await page.goto('/')
  await expect(page.getByText('No notes yet')).toBeVisible()
  const dir = await tempDir('cli')
  const login = ['login', '--username', account.username, '--password-stdin', '--server', server.url, '--insecure-storage']
  await notesCommand(dir, login, password + '\n')

  const id = await notesCommand(dir, ['add', '-'], 'From a terminal\n\nfirst')
  await row(page, 'From a terminal').click()
  await expect(page.locator('.markdown')).toHaveText('first')
  await notesCommand(dir, ['append', id, 'second'])
  await expect(page.locator('.markdown')).toContainText('second')
  await notesCommand(dir, ['update', id, '--title', 'Renamed'])
  await expect(row(page, 'Renamed')).toBeVisible()
  await expect(title(page, 'Renamed')).toBeVisible()
  await notesCommand(dir, ['rm', id])
  await expect(row(page, 'Renamed')).toHaveCount(0)
  await expect(page.getByText('This note is in the trash.')).toBeVisible()
  await notesCommand(dir, ['restore', id])
  await expect(row(page, 'Renamed')).toBeVisible()
  await notesCommand(dir, ['rm', '--purge', '--yes', id])
  await expect(row(page, 'Renamed')).toHaveCount(0)
  await expect(title(page, 'This note is not here')).toBeVisible()
})

test('a change elsewhere leaves what is being written alone', async ({ page, account, watch }) => {
  watch.allow(412) // the note was pinned
  const note = await account.add({ title: 'Plan', body: 'old' })
  await page.goto(`/notes/${note.id}?edit`)
  await body(page).fill('half a sen')
  await account.update(note.id, { pinned: true })
  await account.add({ title: 'Another' })
  await expect(row(page, 'Another')).toBeVisible()
  await expect(body(page)).toBeFocused()
  await page.keyboard.type('tence')
  await page.keyboard.press('Control+Enter')
  await expect(page.locator('.markdown')).toHaveText('half a sentence')
})

test('coming back to the page shows what was written elsewhere', async ({ page, account }) => {
  const note = await account.add({ title: 'Before', body: 'old' })
  const gone = await account.add({ title: 'To be archived' })
  await page.goto(`/notes/${note.id}`)
  await expect(page.locator('.markdown')).toHaveText('old')
  await account.update(note.id, { title: 'After', body: 'new' })
  await account.update(gone.id, { archived: true })
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange', { bubbles: true })))
  await expect(title(page, 'After')).toBeVisible()
  await expect(page.locator('.markdown')).toHaveText('new')
  await expect(row(page, 'To be archived')).toHaveCount(0)
})

test.describe('a note that changed elsewhere meanwhile', () => {
  test('keep mine', async ({ page, account, watch }) => {
    watch.allow(412)
    const note = await account.add({ title: 'Plan', body: 'old' })
    await page.goto(`/notes/${note.id}?edit`)
    await body(page).fill('mine')
    await account.update(note.id, { body: 'theirs' })
    await page.keyboard.press('Control+Enter')
    await expect(title(page, 'This note changed elsewhere')).toBeFocused()
    await expect(page.getByRole('region', { name: 'Mine' })).toContainText('mine')
    await expect(page.getByRole('region', { name: 'Theirs' })).toContainText('theirs')
    await page.getByRole('button', { name: 'Keep mine', exact: true }).click()
    await expect(page.locator('.markdown')).toHaveText('mine')
    await page.reload()
    await expect(page.locator('.markdown')).toHaveText('mine')
  })

  test('take theirs, then mine after all', async ({ page, account, watch }) => {
    watch.allow(412)
    const note = await account.add({ title: 'Plan', body: 'old' })
    await page.goto(`/notes/${note.id}?edit`)
    await body(page).fill('mine')
    await account.update(note.id, { body: 'theirs' })
    await page.keyboard.press('Control+Enter')
    await page.getByRole('button', { name: 'Take theirs' }).click()
    await expect(page.locator('.markdown')).toHaveText('theirs')
    await page.getByRole('button', { name: 'Get it back' }).click()
    await page.getByRole('button', { name: 'Go on writing' }).click()
    await expect(body(page)).toHaveValue('mine')
    await page.keyboard.press('Control+Enter')
    await expect(page.locator('.markdown')).toHaveText('mine')
  })

  test('keep mine as a new note', async ({ page, account, watch }) => {
    watch.allow(412)
    const note = await account.add({ title: 'Plan', body: 'old' })
    await page.goto(`/notes/${note.id}?edit`)
    await body(page).fill('mine')
    await account.update(note.id, { body: 'theirs' })
    await page.keyboard.press('Control+Enter')
    await page.getByRole('button', { name: 'keep mine as a new note' }).click()
    await expect(page.locator('.markdown')).toHaveText('mine')
    await expect(page).not.toHaveURL(new RegExp(note.id))
    await expect(row(page, 'theirs')).toBeVisible()
  })
})

test('a text outlives a server that is away and a closed page', async ({ page, account, context, watch }) => {
  watch.allow('net::ERR_INTERNET_DISCONNECTED')
  const note = await account.add({ title: 'Plan', body: 'old' })
  await page.goto(`/notes/${note.id}?edit`)
  await body(page).fill('an hour of work')
  await context.setOffline(true)
  await page.keyboard.press('Control+Enter')
  await expect(page.getByRole('alert')).toContainText('Your text is still here')
  await expect(page.getByText('The server cannot be reached.').first()).toBeVisible()
  await expect(body(page)).toHaveValue('an hour of work')
  await page.close()

  await context.setOffline(false)
  const again = await context.newPage()
  await again.goto('/')
  await expect(row(again, 'Plan')).toContainText('Unsaved')
  await row(again, 'Plan').click()
  await again.getByRole('button', { name: 'Go on writing' }).click()
  await expect(body(again)).toHaveValue('an hour of work')
  await again.keyboard.press('Control+Enter')
  await expect(again.locator('.markdown')).toHaveText('an hour of work')
})

test('a note that could not be added stays in the field', async ({ page, account, context, watch }) => {
  watch.allow('net::ERR_INTERNET_DISCONNECTED')
  await page.goto('/')
  await expect(page.getByRole('button', { name: account.username })).toBeVisible()
  await capture(page).fill('Buy milk')
  await context.setOffline(true)
  await page.keyboard.press('Control+Enter')
  await expect(page.getByRole('alert')).toContainText('Not saved')
  await expect(capture(page)).toHaveValue('Buy milk')
  await context.setOffline(false)
  await page.keyboard.press('Control+Enter')
  await expect(row(page, 'Buy milk')).toHaveCount(1)
  await expect(capture(page)).toHaveValue('')
})

test('pages are read as the list is scrolled', async ({ page, account }) => {
  for (let i = 1; i <= 120; i++) await account.add({ title: `Note number ${i}`, body: 'text '.repeat(30) })
  await page.goto('/')
  await expect(row(page, 'Note number 120')).toBeVisible()
  expect(await page.getByRole('listitem').count()).toBeLessThan(120)
  await expect(async () => {
    await page.getByRole('listitem').last().scrollIntoViewIfNeeded()
    await expect(page.getByRole('listitem')).toHaveCount(120, { timeout: 300 })
  }).toPass()
  await expect(page.getByRole('button', { name: 'Show more' })).toHaveCount(0)
})

test('the keyboard is enough', async ({ page, account }) => {
  await account.add({ title: 'Second' })
  await account.add({ title: 'First' })
  await page.goto('/')
  await expect(row(page, 'First')).toBeVisible()

  await page.keyboard.press('j')
  await expect(row(page, 'First').getByRole('link')).toBeFocused()
  await page.keyboard.press('j')
  await expect(row(page, 'Second').getByRole('link')).toBeFocused()
  await page.keyboard.press('k')
  await page.keyboard.press('Enter')
  await expect(title(page, 'First')).toBeVisible()

  await page.keyboard.press('e')
  await expect(body(page)).toBeFocused()
  await page.keyboard.type('By keys alone: c j k e #')
  await page.keyboard.press('Control+Enter')
  await expect(page.locator('.markdown')).toHaveText('By keys alone: c j k e #')

  await page.keyboard.press('c')
  await page.keyboard.type('Third')
  await page.keyboard.press('Control+Enter')
  await expect(row(page, 'Third')).toBeVisible()
  await page.keyboard.press('Escape')
  await page.keyboard.press('Escape')
  await expect(page).toHaveURL('/')
  await expect(row(page, 'First').getByRole('link')).toBeFocused()

  await page.keyboard.press('#')
  await expect(row(page, 'First')).toHaveCount(0)
  await expect(row(page, 'Second').getByRole('link')).toBeFocused()
  await page.getByRole('button', { name: 'Undo' }).press('Enter')
  await expect(row(page, 'First').getByRole('link')).toBeFocused()
})

test('a note in the trash says so and can be restored', async ({ page, account }) => {
  const note = await account.add({ title: 'Thrown away', body: 'too soon' })
  await page.goto(`/notes/${note.id}`)
  await expect(page.locator('.markdown')).toHaveText('too soon')
  await page.keyboard.press('#')
  await expect(page.getByText('No notes yet')).toBeVisible()
  await page.goto(`/notes/${note.id}`)
  await expect(page.getByText('This note is in the trash.')).toBeVisible()
  await page.getByRole('button', { name: 'Restore' }).click()
  await expect(row(page, 'Thrown away')).toBeVisible()
})

test('a hostile note is text', async ({ page, account }) => {
  const attack = [
    '<script>alert(1)</script>',
    '<img src=x onerror=alert(1)>',
    '<svg><style><img src=x onerror=alert(1)></style></svg>',
    '[click](javascript:alert(1)) [out](/logout)',
    '![pixel](https://evil.example/pixel.png)',
    '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
    '<form action="https://evil.example"><input name=q></form>',
    '<p style="position:fixed;inset:0">over everything</p>',
    '| <img src=x onerror=alert(1)> | b |\n| :-: | --- |\n| c | d |',
  ]
  const note = await account.add({ title: '<img src=x onerror=alert(1)>', body: attack.join('\n\n'), tags: ['<b>'] })
  await page.goto(`/notes/${note.id}`)
  await expect(page.locator('.markdown')).toContainText('<script>alert(1)</script>')
  await expect(page.locator('.markdown :is(script, img, svg, iframe, form, [style], [onerror])')).toHaveCount(0)
  await expect(page.locator('.markdown a[href^=javascript], .markdown a[href^="/"]')).toHaveCount(0)
  await expect(page.locator('.markdown td[align=center]')).toHaveText('c')
})

test('one pane on a phone, two beside each other on a desk', async ({ page, account }) => {
  await account.add({ title: 'Second', body: 'two' })
  await account.add({ title: 'First', body: 'one' })
  await page.setViewportSize({ width: 360, height: 700 })
  await page.goto('/')
  await row(page, 'First').click()
  await expect(title(page, 'First')).toBeVisible()
  await expect(capture(page)).toBeHidden()
  await page.getByRole('button', { name: 'Notes', exact: true }).click()
  await expect(row(page, 'First').getByRole('link')).toBeFocused()
  await page.setViewportSize({ width: 900, height: 700 })
  await row(page, 'Second').click()
  await expect(title(page, 'Second')).toBeVisible()
  await expect(capture(page)).toBeVisible()
})
