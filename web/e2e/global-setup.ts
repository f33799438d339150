import { execFile } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { tempDir } from './programs.ts'

/** Builds both programs, the dashboard in them as it is in web/dist. */
export default async function setup(): Promise<() => Promise<void>> {
  const dir = await tempDir('programs')
  const root = fileURLToPath(new URL('../..', import.meta.url))
  const env = { ...process.env, CGO_ENABLED: '0' }
  await promisify(execFile)('go', ['build', '-o', dir + '/', './cmd/notesd', './cmd/notes'], { cwd: root, env })
  process.env.NOTES_E2E_PROGRAMS = dir
  return () => rm(dir, { recursive: true })
}
