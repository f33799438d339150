import { createServer } from 'vite'
import { capture, expect, fillLogin, newName, row, test, title } from './test.ts'

// What the policy forbids must be seen while the dashboard is being written, not
// only when it is built.
test.describe('the development server', () => {
  test.use({
    baseURL: async ({ server }, use) => {
      const dev = await createServer({
        logLevel: 'error',
        server: { port: 0, host: '127.0.0.1', proxy: { '/api': server.url } },
      })
      await dev.listen()
      await use(dev.resolvedUrls!.local[0]!.replace(/\/$/, ''))
      await dev.close()
    },
  })

  test('works under the same policy', async ({ page }) => {
    await page.goto('/signup')
    await expect(title(page, 'Create an account')).toBeVisible()
    await fillLogin(page, newName())
    await capture(page).fill('From the development server')
    await page.keyboard.press('Control+Enter')
    await row(page, 'From the development server').click()
    await expect(page.locator('.note-title')).toHaveCSS('font-size', '28px')
  })
})
