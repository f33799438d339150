import { beforeEach, expect, test, vi } from 'vitest'
import { empty, fakeServer, json, noteWith, page, problem, summaryWith } from '../testing/server'
import { notes } from './notes'

const at = (minute: number) => `2026-01-31T12:${String(minute).padStart(2, '0')}:00.000Z`
const row = (id: string, minute: number, more = {}) => summaryWith({ id, updated_at: at(minute), revision: 1, ...more })
const ids = () => notes.list.value.map((item) => item.id)

beforeEach(() => notes.reset())

test('the list is in the order of the last save, ties by id', async () => {
  fakeServer(() => page([row('b', 2), row('a', 2), row('c', 1)]))
  await notes.load()
  expect(ids()).toEqual(['b', 'a', 'c'])
  notes.patch(noteWith({ id: 'c', updated_at: at(3), revision: 2 }))
  expect(ids()).toEqual(['c', 'b', 'a'])
})

test('pages follow each other, and what lies beyond them does not show yet', async () => {
  const seen = fakeServer(({ path }) => (path.includes('cursor=next') ? page([row('c', 1)]) : page([row('a', 3), row('b', 2)], 'next')))
  notes.patch(noteWith({ id: 'deep', updated_at: at(0), revision: 1 }))
  await notes.load()
  expect(ids()).toEqual(['a', 'b'])
  await Promise.all([notes.loadMore(), notes.loadMore()])
  expect(ids()).toEqual(['a', 'b', 'c', 'deep'])
  expect(notes.more.value).toBe(false)
  expect(seen).toHaveLength(2)
})

test('loading again drops what is gone and keeps the pages behind', async () => {
  let first = () => page([row('a', 5), row('b', 4)], 'next')
  fakeServer(({ path }) => (path.includes('cursor') ? page([row('c', 3)], 'more') : first()))
  await notes.load()
  await notes.loadMore()
  first = () => page([row('new', 6), row('b', 4)], 'other')
  await notes.load()
  expect(ids()).toEqual(['new', 'b', 'c'])
})

test('when everything on the first page is new, the pages begin again', async () => {
  let first = () => page([row('b', 2), row('a', 1)])
  fakeServer(() => first())
  await notes.load()
  first = () => page([row('z', 9), row('y', 8)], 'next')
  await notes.load()
  expect(ids()).toEqual(['z', 'y'])
  expect(notes.more.value).toBe(true)
})

test('a note added while the list is under way is not dropped by it', async () => {
  let answer: (r: Response) => void = () => {}
  fakeServer(({ method }) => (method === 'POST' ? json(noteWith({ id: 'mine', updated_at: at(9) })) : new Promise((r) => (answer = r))))
  const loading = notes.load()
  await notes.add({ id: 'mine', title: '', body: '', tags: [] })
  answer(page([row('a', 1)]))
  await loading
  expect(ids()).toEqual(['mine', 'a'])
})

test('an older answer does not undo a newer one', () => {
  notes.patch(noteWith({ id: 'a', title: 'new', revision: 2 }))
  notes.patch(summaryWith({ id: 'a', title: 'old', revision: 1 }))
  expect(notes.get('a')?.title).toBe('new')
})

test('a summary keeps the body of its own revision only', () => {
  notes.patch(noteWith({ id: 'a', body: 'text', revision: 2 }))
  notes.patch(summaryWith({ id: 'a', revision: 2 }))
  expect(notes.get('a')?.body).toBe('text')
  notes.patch(summaryWith({ id: 'a', revision: 3 }))
  expect(notes.get('a')?.body).toBeUndefined()
})

test('a deletion shows at once, and a list under way does not bring it back', async () => {
  notes.patch(noteWith({ id: 'a', revision: 4 }))
  fakeServer(empty)
  const done = notes.trash('a')
  expect(ids()).toEqual([])
  notes.patch(summaryWith({ id: 'a', revision: 4 }))
  expect(ids()).toEqual([])
  await done
})

test('a refused deletion brings the note back', async () => {
  notes.patch(noteWith({ id: 'a' }))
  fakeServer(() => problem(503, 'unavailable'))
  await expect(notes.trash('a')).rejects.toThrow()
  expect(ids()).toEqual(['a'])
})

test('undo waits for the deletion', async () => {
  notes.patch(noteWith({ id: 'a', revision: 1 }))
  let answer: (r: Response) => void = () => {}
  const seen = fakeServer(({ method }) =>
    method === 'DELETE' ? new Promise((r) => (answer = r)) : json(noteWith({ id: 'a', revision: 3 })),
  )
  const trashing = notes.trash('a')
  const restoring = notes.restore('a')
  await new Promise((resolve) => setTimeout(resolve)) // whatever can happen has happened
  expect(seen).toHaveLength(1)
  answer(empty())
  await Promise.all([trashing, restoring])
  expect(seen.map((r) => `${r.method} ${r.path}`)).toEqual(['DELETE /notes/a', 'POST /notes/a/restore'])
  expect(ids()).toEqual(['a'])
})

test('adding again after a lost answer, with another text, changes the note that was made', async () => {
  const seen = fakeServer(({ method, body }) => {
    if (method === 'POST') return problem(409, 'conflict')
    if (method === 'GET') return json(noteWith({ id: 'a', title: 'first', body: '', tags: [], revision: 1 }))
    return json(noteWith({ id: 'a', ...(body as object), revision: 2 }))
  })
  await notes.add({ id: 'a', title: 'second', body: '', tags: [] })
  expect(seen[2]).toMatchObject({ method: 'PATCH', body: { title: 'second' } })
  expect(seen[2]?.headers.get('If-Match')).toBe('"1"')
  expect(notes.get('a')?.title).toBe('second')
})

test('an answer for a user who has left is not taken in', async () => {
  let answer: (r: Response) => void = () => {}
  fakeServer(() => new Promise((r) => (answer = r)))
  const reading = notes.read('a')
  notes.reset()
  answer(json(noteWith({ id: 'a' })))
  await reading
  expect(notes.get('a')).toBeUndefined()
})

test('a change shows, an older one does not, and a purge takes the row away', () => {
  notes.hear({ kind: 'saved', id: 'a', revision: 2, note: row('a', 2, { title: 'new', revision: 2 }) })
  notes.hear({ kind: 'saved', id: 'b', revision: 1, note: row('b', 1) })
  expect(ids()).toEqual(['a', 'b'])
  notes.hear({ kind: 'saved', id: 'a', revision: 1, note: row('a', 3, { title: 'old' }) })
  expect(notes.get('a')?.title).toBe('new')
  notes.hear({ kind: 'trashed', id: 'b', revision: 2, note: row('b', 1, { trashed_at: at(5), revision: 2 }) })
  expect(ids()).toEqual(['a'])
  notes.hear({ kind: 'purged', id: 'a', revision: 2 })
  expect(ids()).toEqual(['a'])
  notes.hear({ kind: 'purged', id: 'a', revision: 3 })
  expect(ids()).toEqual([])
})

test('a change of a note whose text is shown reads it, and nothing is missing meanwhile', async () => {
  notes.patch(noteWith({ id: 'a', body: 'old', revision: 1 }))
  let answer: (r: Response) => void = () => {}
  fakeServer(() => new Promise((r) => (answer = r)))
  notes.hear({ kind: 'saved', id: 'a', revision: 2, note: row('a', 2, { revision: 2 }) })
  expect(notes.get('a')?.body).toBe('old')
  answer(json(noteWith({ id: 'a', body: 'new', revision: 2 })))
  await vi.waitFor(() => expect(notes.get('a')?.body).toBe('new'))
})
