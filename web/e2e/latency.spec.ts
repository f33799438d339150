import { writeFile } from 'node:fs/promises'
import { expect, password, test } from './test.ts'
import { notesCommand, tempDir } from './programs.ts'

// Measures for `make bench`, on demand only: how long after `notes add` began its
// note is to be seen in an open browser. The milliseconds go to NOTES_LATENCY.

const runs = 50

test('notes add shows in the browser', async ({ page, account, server }) => {
  const dir = await tempDir('cli')
  const login = ['login', '--username', account.username, '--password-stdin', '--server', server.url, '--insecure-storage']
  await notesCommand(dir, login, password + '\n')
  const stream = page.waitForResponse((response) => response.url().endsWith('/api/v1/changes'))
  await page.goto('/')
  await stream
  await expect(page.getByText('No notes yet')).toBeVisible()

  const took: number[] = []
  for (let i = 0; i < runs; i++) {
    const title = `Note ${i} from a terminal`
    const shown = page.evaluate(seen, title)
    const begun = Date.now()
    await notesCommand(dir, ['add', title])
    took.push((await shown) - begun)
  }
  await writeFile(process.env.NOTES_LATENCY ?? '', JSON.stringify(took))
})

/** The time at which a text is painted. */
function seen(text: string): Promise<number> {
  return new Promise((resolve) => {
    const observer = new MutationObserver(() => {
      if (!document.querySelector('.rows')?.textContent?.includes(text)) return
      observer.disconnect()
      requestAnimationFrame(() => setTimeout(() => resolve(Date.now())))
    })
    observer.observe(document.body, { childList: true, subtree: true, characterData: true })
  })
}
