// Runs the end-to-end tests: the real notesd and notes, in a real Chromium.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const chromium = process.env.NOTES_CHROMIUM ?? places.find(existsSync)

if (!chromium) {
  console.error('skipped: the end-to-end tests need Chromium: apt-get install chromium, or set NOTES_CHROMIUM to its path')
  process.exit(process.env.NOTES_TEST_REQUIRE === 'all' ? 1 : 0)
}
const args = ['node_modules/@playwright/test/cli.js', 'test', ...process.argv.slice(2)]
const run = spawnSync(process.execPath, args, { stdio: 'inherit', env: { ...process.env, NOTES_CHROMIUM: chromium } })
process.exit(run.status ?? 1)
