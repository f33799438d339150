import { type APIResponse, type BrowserContext, type Page, test as base, expect } from '@playwright/test'
import type { NewNote, Note } from '../src/api/types.ts'
import { type Server, startServer } from './programs.ts'

export { expect }

export const password = 'a quiet river in june'

/** What a page may not do, seen in all pages of the test. */
export interface Watch {
  found: string[]
  /** Lets requests fail in this way: the browser reports each on its console. */
  allow(failure: number | string): void
}

/** A user who has signed up and logged in, through the API. */
export interface Account {
  username: string
  add(note: NewNote): Promise<Note>
  update(id: string, patch: object): Promise<Note>
}

let users = 0

export const newName = () => `user-${process.pid}-${++users}`

export const test = base.extend<{ watch: Watch; username: string; account: Account }, { server: Server }>({
  server: [
    async ({}, use) => {
      const server = await startServer()
      await use(server)
      await server.stop()
    },
    { scope: 'worker' },
  ],

  baseURL: async ({ server }, use) => use(server.url),

  // No test passes with an error on the console, a report of the
  // Content-Security-Policy, or a request to anyone else.
  watch: [
    async ({ context, baseURL }, use) => {
      const watch = watchContext(context, baseURL ?? '')
      await use(watch)
      expect(watch.found).toEqual([])
    },
    { auto: true },
  ],

  username: async ({}, use) => use(newName()),

  account: async ({ context, baseURL, username }, use) => {
    const api = async (method: string, path: string, data: object, headers = {}): Promise<APIResponse> => {
      const options = { method, data, headers: { Origin: baseURL ?? '', ...headers } }
      const answer = await context.request.fetch('/api/v1' + path, options)
      expect(answer.ok(), `${method} ${path}: ${await answer.text()}`).toBe(true)
      return answer
    }
    await api('POST', '/users', { username, password })
    await api('POST', '/sessions', { username, password, cookie: true })
    await use({
      username,
      add: async (note) => (await (await api('POST', '/notes', note)).json()) as Note,
      update: async (id, patch) => (await (await api('PATCH', `/notes/${id}`, patch, { 'If-Match': '*' })).json()) as Note,
    })
  },
})

function watchContext(context: BrowserContext, origin: string): Watch {
  const allowed = new Set<string>()
  const found: string[] = []
  context.on('console', (message) => {
    if (message.type() !== 'error' && message.type() !== 'warning') return
    const text = message.text()
    const { url } = message.location()
    // Asking who is logged in is how a page finds that nobody is.
    if (/status of 401/.test(text) && /\/(me|sessions\/refresh)$/.test(url)) return
    if (/^Failed to load resource/.test(text) && [...allowed].some((failure) => text.includes(failure))) return
    found.push(`console: ${text} (${url})`)
  })
  context.on('weberror', (error) => found.push(`uncaught: ${error.error().message}`))
  context.on('dialog', (dialog) => found.push(`dialog: ${dialog.message()}`))
  context.on('request', (request) => {
    if (!request.url().startsWith(origin)) found.push(`request to somebody else: ${request.url()}`)
  })
  void context.addInitScript(() => {
    addEventListener('securitypolicyviolation', (e) => console.error(`CSP: ${e.violatedDirective} ${e.blockedURI} ${e.sample}`))
  })
  return { found, allow: (failure) => allowed.add(typeof failure === 'number' ? `status of ${failure}` : failure) }
}

export const row = (page: Page, text: string) => page.getByRole('listitem').filter({ hasText: text })
export const capture = (page: Page) => page.getByRole('textbox', { name: 'New note' })
export const body = (page: Page) => page.getByRole('textbox', { name: 'Text' })
export const title = (page: Page, text: string) => page.getByRole('heading', { level: 1, name: text, exact: true })

export async function fillLogin(page: Page, username: string, secret = password): Promise<void> {
  await page.getByLabel('User name').fill(username)
  await page.getByLabel('Password', { exact: true }).fill(secret)
  await page.keyboard.press('Enter')
}

export async function signOut(page: Page, username: string): Promise<void> {
  await page.getByRole('button', { name: username }).click()
  await page.getByRole('button', { name: 'Sign out' }).click()
}
