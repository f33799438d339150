import { mkdir } from 'node:fs/promises'
import { expect, row, test } from './test.ts'

// Pictures for the README, on demand only: npm run screenshots.

const dir = new URL('../../docs/images/', import.meta.url).pathname

const notes = [
  { title: 'Bicycle shed, the smaller version', body: 'Two metres are enough if the bikes hang.', tags: ['house'] },
  { title: 'Wi-Fi at the cabin', body: 'Network `larch`, the password is on the fridge.', tags: ['travel'], pinned: true },
  { title: 'Books for the train', body: 'Middlemarch, The Rings of Saturn, A Pattern Language', tags: ['reading'] },
  { title: 'Questions for the electrician', body: 'Is the old cable in the hall still live?', tags: ['house'] },
  { title: 'Groceries', body: '- [x] Oats\n- [ ] Coffee beans\n- [ ] Lemons\n- [ ] Bread flour, 2 kg', tags: ['home'] },
  {
    title: 'Release checklist',
    body:
      'Ship **0.1** on Friday.\n\n1. Freeze `main` on Wednesday\n2. Write the changelog\n3. Tag, build, sign\n\n' +
      '```sh\ngit tag v0.1.0\nmake build\n```\n\n> Nobody merges after Wednesday noon.\n\n' +
      '| step | who | done |\n| --- | --- | :-: |\n| changelog | Mira | yes |\n| signing | Jonas | no |',
    tags: ['work'],
  },
]

for (const [name, width, height, colorScheme, open] of [
  ['dashboard-light', 1280, 720, 'light', true],
  ['dashboard-dark', 360, 640, 'dark', false],
] as const) {
  test.describe(name, () => {
    test.use({ username: open ? 'mira' : 'jonas', viewport: { width, height }, colorScheme, isMobile: !open, hasTouch: !open })
    test('is drawn', async ({ page, account }) => {
      const now = Date.now()
      for (const [i, note] of notes.entries()) {
        const time = new Date(now - (notes.length - 1 - i) ** 3 * 2_400_000 - 300_000).toISOString()
        await account.add({ ...note, created_at: time, updated_at: time })
      }
      await page.goto('/')
      await expect(row(page, 'Groceries')).toBeVisible()
      if (open) {
        await row(page, 'Release checklist').click()
        await expect(page.locator('.markdown')).toBeVisible()
      }
      await mkdir(dir, { recursive: true })
      await page.screenshot({ path: `${dir}${name}.png` })
    })
  })
}
