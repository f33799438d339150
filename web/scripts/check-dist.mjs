// Builds the dashboard into a temporary folder and compares it with the
// committed dist: what is served must be the build of what is read.
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { build } from 'vite'

const files = async (dir) => {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true })
  const found = entries.filter((e) => e.isFile()).map((e) => join(e.parentPath, e.name))
  return new Map(await Promise.all(found.map(async (path) => [relative(dir, path), await readFile(path)])))
}

const fresh = await mkdtemp(join(tmpdir(), 'notes-dist-'))
try {
  await build({ logLevel: 'error', build: { outDir: fresh, emptyOutDir: true } })
  const [built, committed] = [await files(fresh), await files('dist')]
  const names = new Set([...built.keys(), ...committed.keys()])
  const wrong = [...names].filter((name) => !built.get(name)?.equals(committed.get(name) ?? Buffer.of(0)))
  if (wrong.length > 0) {
    console.error(`web/dist is not the build of its sources; run "make web". These differ:\n  ${wrong.sort().join('\n  ')}`)
    process.exitCode = 1
  } else {
    console.log(`web/dist is the build of its sources (${names.size} files)`)
  }
} finally {
  await rm(fresh, { recursive: true })
}
