import { contentPolicy } from '../csp.ts'
import { body, capture, expect, fillLogin, newName, password, row, signOut, test, title } from './test.ts'

test('a visit: sign up, add, edit, delete, undo, sign out, sign in', async ({ page }) => {
  const username = newName()
  await page.goto('/')
  await expect(title(page, 'Sign in')).toBeVisible()
  await page.getByRole('link', { name: 'Create an account' }).click()
  await fillLogin(page, username)
  await expect(page.getByRole('button', { name: username })).toBeVisible()
  await expect(page.getByText('No notes yet')).toBeVisible()

  await capture(page).fill('Buy milk #home\nTwo litres, the **blue** one.')
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(row(page, 'Buy milk')).toContainText('#home')
  await expect(capture(page)).toHaveValue('')

  await row(page, 'Buy milk').click()
  await expect(title(page, 'Buy milk')).toBeVisible()
  await expect(page.locator('strong', { hasText: 'blue' })).toBeVisible()

  await page.getByRole('button', { name: 'Edit' }).click()
  await page.getByRole('textbox', { name: 'Title' }).fill('Buy oat milk')
  await body(page).fill('One litre.')
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(title(page, 'Buy oat milk')).toBeVisible()
  await expect(page.getByText('One litre.').last()).toBeVisible()

  await page.getByRole('button', { name: 'Delete' }).click()
  await expect(page.getByText('No notes yet')).toBeVisible()
  await page.getByRole('button', { name: 'Undo' }).click()
  await expect(row(page, 'Buy oat milk')).toBeVisible()
  await page.reload()
  await expect(row(page, 'Buy oat milk')).toBeVisible()

  await signOut(page, username)
  await expect(title(page, 'Sign in')).toBeVisible()
  await page.goBack()
  await expect(title(page, 'Sign in')).toBeVisible()

  await fillLogin(page, username)
  await expect(row(page, 'Buy oat milk')).toBeVisible()
})

test('a wrong password is said beside the field', async ({ page, account, context, watch }) => {
  await context.clearCookies()
  watch.allow(401)
  await page.goto('/')
  await fillLogin(page, account.username, 'not the password')
  const field = page.getByLabel('Password', { exact: true })
  await expect(field).toHaveAccessibleDescription('The user name or the password is wrong.')
  await expect(field).toBeFocused()
  await expect(field).toHaveValue('not the password')
})

test('what a sign-up gets wrong is said beside the field it is about', async ({ page, account, context, watch }) => {
  await context.clearCookies()
  watch.allow(400)
  watch.allow(409)
  await page.goto('/signup')
  await fillLogin(page, 'no spaces please')
  await expect(page.getByLabel('User name')).toHaveAccessibleDescription(/letters, digits/)
  await fillLogin(page, newName(), 'short')
  await expect(page.getByLabel('Password', { exact: true })).toHaveAccessibleDescription(/at least 12 characters/)
  await expect(page.getByLabel('User name')).toHaveAccessibleDescription('')
  await fillLogin(page, account.username)
  await expect(page.getByLabel('User name')).toHaveAccessibleDescription(/taken/)
})

test('an access token that has run out is renewed without a word', async ({ page, account, context }) => {
  const note = await account.add({ title: 'Still here' })
  await context.clearCookies({ name: /access/ })
  await page.goto('/')
  await expect(row(page, 'Still here')).toBeVisible()
  await context.clearCookies({ name: /access/ })
  await page.goto(`/notes/${note.id}`)
  await expect(title(page, 'Still here')).toBeVisible()
})

test('a login that ends while writing leads back to the text', async ({ page, account, context, watch }) => {
  watch.allow(401)
  const note = await account.add({ title: 'Plan', body: 'old' })
  await page.goto(`/notes/${note.id}?edit`)
  await body(page).fill('an hour of work')
  await context.clearCookies()
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(title(page, 'Sign in')).toBeVisible()
  await fillLogin(page, account.username)
  await expect(body(page)).toHaveValue('an hour of work')
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(title(page, 'Plan')).toBeVisible()
  await expect(page.locator('.markdown')).toHaveText('an hour of work')
})

test('signing out in one tab signs out the other', async ({ page, account, context }) => {
  await account.add({ title: 'Private' })
  const other = await context.newPage()
  await other.goto('/')
  await expect(row(other, 'Private')).toBeVisible()
  await page.goto('/')
  await signOut(page, account.username)
  await expect(title(other, 'Sign in')).toBeVisible()
  await expect(other.getByText('Private')).toHaveCount(0)
})

test('signing in as somebody else in one tab takes the other along', async ({ page, account, context }) => {
  await account.add({ title: 'Private' })
  const second = newName()
  await context.request.post('/api/v1/users', { data: { username: second, password } })
  await context.clearCookies()
  await page.goto('/login')
  await expect(title(page, 'Sign in')).toBeVisible()

  const other = await context.newPage()
  await other.goto('/login')
  await fillLogin(other, account.username)
  await expect(row(other, 'Private')).toBeVisible()

  await fillLogin(page, second)
  await expect(other.getByRole('button', { name: second })).toBeVisible()
  await expect(other.getByText('Private')).toHaveCount(0)
})

test('a server that is away at the start is said, and asked again', async ({ page, account, watch }) => {
  watch.allow('net::ERR_FAILED')
  await account.add({ title: 'Still there' })
  await page.route('**/api/**', (route) => route.abort())
  await page.goto('/')
  await expect(title(page, 'Notes is not answering')).toBeVisible()
  await page.unroute('**/api/**')
  await page.getByRole('button', { name: 'Try again' }).click()
  await expect(row(page, 'Still there')).toBeVisible()
})

test('signing out deletes drafts, and asks before', async ({ page, account }) => {
  await page.goto('/')
  await capture(page).fill('half a thought')
  await signOut(page, account.username)
  await page.getByRole('button', { name: 'Stay signed in' }).click()
  await expect(capture(page)).toHaveValue('half a thought')
  await signOut(page, account.username)
  await page.getByRole('button', { name: 'Delete and sign out' }).click()
  await expect(title(page, 'Sign in')).toBeVisible()
  expect(await page.evaluate(() => JSON.stringify({ ...localStorage }))).not.toContain('half a thought')
})

test('a chosen theme is there before the first paint', async ({ page, account }) => {
  await page.emulateMedia({ colorScheme: 'light' })
  await page.goto('/')
  await page.getByRole('button', { name: account.username }).click()
  await page.getByText('Dark', { exact: true }).click()
  await page.reload({ waitUntil: 'commit' })
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark')
  await expect(page.locator('html')).toHaveCSS('color-scheme', 'dark')
})

test('no script can read the session', async ({ page, account }) => {
  await page.goto('/')
  await expect(page.getByRole('button', { name: account.username })).toBeVisible()
  expect(await page.evaluate(() => document.cookie)).toBe('')
  expect(await page.evaluate(() => Object.keys(localStorage))).toEqual([])
})

test('the policy of the server is the one the dashboard is developed under', async ({ request }) => {
  const answer = await request.get('/')
  expect(answer.headers()['content-security-policy']).toBe(contentPolicy)
})

test('an address that is none of ours says so', async ({ page, watch, account: _ }) => {
  watch.allow(404)
  await page.goto('/notes/0123456789ab')
  await expect(title(page, 'This note is not here')).toBeVisible()
})
