// Measures what a browser has to fetch, compressed, and fails over budget.
import { readdir, readFile } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'

const budget = { first: 60, chunk: 35, all: 120 } // KiB

const gz = async (name) => gzipSync(await readFile(`dist/${name}`), { level: 9 }).length / 1024
const names = (await readdir('dist', { recursive: true })).filter((name) => /\.(js|css)$/.test(name))
const sizes = new Map(await Promise.all(names.map(async (name) => [name, await gz(name)])))

const index = await readFile('dist/index.html', 'utf8')
const isFirst = (name) => index.includes(`"/${name}"`)
const sum = (list) => list.reduce((total, name) => total + sizes.get(name), 0)
const later = names.filter((name) => !isFirst(name))

const rows = [
  ['first load', sum(names.filter(isFirst)), budget.first],
  ...later.map((name) => [name, sizes.get(name), budget.chunk]),
  ['all', sum(names), budget.all],
]
for (const [what, size, most] of rows) {
  const over = size > most
  console.log(`${over ? 'OVER' : 'ok  '} ${size.toFixed(1).padStart(6)} of ${most} KiB gz  ${what}`)
  if (over) process.exitCode = 1
}
