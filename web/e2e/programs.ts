import { execFile, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Where global-setup.ts has built the two programs. */
export const programs = () => process.env.NOTES_E2E_PROGRAMS ?? ''

export const tempDir = (what: string) => mkdtemp(join(tmpdir(), `notes-e2e-${what}-`))

export interface Server {
  url: string
  stop(): Promise<void>
}

/** Starts the real notesd on a free port, over a fresh SQLite file. */
export async function startServer(): Promise<Server> {
  const dir = await tempDir('server')
  const args = ['--addr', '127.0.0.1:0', '--store', `sqlite:${join(dir, 'notes.db')}`, '--log', 'json']
  const child = spawn(join(programs(), 'notesd'), args, { env: { HOME: dir }, stdio: ['ignore', 'ignore', 'pipe'] })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))

  const log: string[] = []
  const url = await new Promise<string>((resolve, reject) => {
    createInterface(child.stderr).on('line', (line) => {
      log.push(line)
      if (line.includes('"listening"')) resolve((JSON.parse(line) as { url: string }).url)
    })
    child.once('error', reject)
    child.once('exit', () => reject(new Error(`notesd ended before it listened:\n${log.join('\n')}`)))
  })
  return {
    url,
    async stop() {
      child.kill()
      await ended
      await rm(dir, { recursive: true })
    },
  }
}

/** Runs the real notes with a configuration of its own; input goes to its stdin. */
export async function notesCommand(dir: string, args: string[], input = ''): Promise<string> {
  const env = { HOME: dir, NOTES_CONFIG_DIR: dir }
  const running = run(join(programs(), 'notes'), args, { env })
  running.child.stdin?.end(input)
  return (await running).stdout.trim()
}
