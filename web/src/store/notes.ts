import { computed, ref, shallowReactive } from 'vue'
import * as api from '../api/notes'
import { isCode } from '../api/error'
import type { LiveChange, NewNote, Note, Summary } from '../api/types'
import { changes, excerpt, type Text } from '../lib/text'

/** A note as the page knows it: the body is there once it has been read. */
export interface Item extends Omit<Summary, 'prefix'> {
  body?: string
  /** When it came to be known, counted in changes of the store. */
  seen: number
}

const pageSize = 50

// Items are replaced, never changed in place, so the map alone is reactive.
const items = shallowReactive(new Map<string, Item>())
const cursor = ref('')
/** The last row of the pages read so far: what lies beyond is not shown yet. */
const horizon = ref<Item>()
const status = ref<'new' | 'loading' | 'ready'>('new')
let count = 0
let generation = 0
const trashing = new Map<string, Promise<void>>()

/** The rows of the list: active notes as far as the pages have been read, last saved first. */
const list = computed(() => {
  const end = horizon.value
  return [...items.values()]
    .filter((item) => !item.trashed_at && !item.archived && (!end || before(item, end) <= 0))
    .sort(before)
})

const more = computed(() => cursor.value !== '')

function before(a: Item | Summary, b: Item | Summary): number {
  if (a.updated_at !== b.updated_at) return a.updated_at > b.updated_at ? -1 : 1
  return a.id > b.id ? -1 : a.id < b.id ? 1 : 0
}

/** Takes in what the server says of a note, unless something newer is known. */
function patch(incoming: Note | Summary): void {
  const known = items.get(incoming.id)
  if (known && known.revision > incoming.revision) return
  const item: Item = { ...meta(incoming), excerpt: excerptOf(incoming), seen: ++count }
  if ('body' in incoming) item.body = incoming.body
  else if (known?.revision === incoming.revision && known.body !== undefined) item.body = known.body
  items.set(item.id, item)
}

/** Takes in a change that was made anywhere. A note whose text is known is read again: until then it stays as it is. */
function hear({ id, revision, note }: LiveChange): void {
  const known = items.get(id)
  if (known && known.revision >= revision) return
  if (!note) items.delete(id)
  else if (known?.body === undefined) patch(note)
  else void read(id).catch(() => patch(note))
}

function meta({ id, title, tags, pinned, archived, created_at, updated_at, trashed_at, revision }: Note | Summary) {
  return { id, title, tags, pinned, archived, created_at, updated_at, trashed_at, revision }
}

const excerptOf = (note: Note | Summary) => ('body' in note ? excerpt(note.body) : note.excerpt)

/** Reads the first page again and drops the rows that are gone from it. */
async function load(): Promise<void> {
  const asked = count
  const session = generation
  if (status.value === 'new') status.value = 'loading'
  try {
    const page = await api.listNotes(pageSize)
    if (session !== generation) return
    const last = page.notes.at(-1)
    // When the last row has not moved, neither has anything behind it.
    const known = status.value === 'ready' && last && items.get(last.id)
    const joined = known && known.updated_at === last.updated_at
    const listed = new Set(page.notes.map((note) => note.id))
    for (const item of list.value) {
      const covered = !page.next_cursor || (last && before(item, last) <= 0)
      if (covered && item.seen <= asked && !listed.has(item.id)) items.delete(item.id)
    }
    page.notes.forEach(patch)
    if (!joined || !page.next_cursor) advance(page.next_cursor, last)
    status.value = 'ready'
  } finally {
    if (session === generation && status.value === 'loading') status.value = 'new'
  }
}

let loadingMore: Promise<void> | undefined

/** Reads the next page; a second call joins the first. */
function loadMore(): Promise<void> {
  loadingMore ??= nextPage().finally(() => (loadingMore = undefined))
  return loadingMore
}

async function nextPage(): Promise<void> {
  const from = cursor.value
  const session = generation
  if (!from) return
  const page = await api.listNotes(pageSize, from)
  if (session !== generation || from !== cursor.value) return
  page.notes.forEach(patch)
  advance(page.next_cursor, page.notes.at(-1))
}

function advance(next: string, last: Summary | undefined): void {
  cursor.value = next
  horizon.value = next && last ? items.get(last.id) : undefined
}

/** Takes an answer in, unless it is for a user who has left meanwhile. */
async function take(answer: Promise<Note>): Promise<Note> {
  const session = generation
  const note = await answer
  if (session === generation) patch(note)
  return note
}

/** Reads one note whole. */
const read = (id: string): Promise<Note> => take(api.getNote(id))

/** Adds a note. It may be called again with the same id after an error, even with another text. */
async function add(note: NewNote & { id: string } & Text): Promise<Note> {
  try {
    return await take(api.createNote(note))
  } catch (error) {
    if (!isCode(error, 'conflict')) throw error
    // The answer of an earlier attempt was lost, and the text has changed since.
    const kept = await api.getNote(note.id)
    return await update(note.id, kept, note)
  }
}

/** Saves what differs from base. The error is `stale` when the note is no longer at its revision. */
const update = (id: string, base: Text & { revision: number }, mine: Text): Promise<Note> =>
  take(api.updateNote(id, base.revision, changes(base, mine)))

/** Moves a note to the trash: at once in the page, and back when the server refuses. */
function trash(id: string): Promise<void> {
  const item = items.get(id)
  if (!item) return Promise.resolve()
  // The server raises the revision by one; so an answer under way cannot bring it back.
  const gone = { ...item, trashed_at: new Date().toISOString(), revision: item.revision + 1, seen: ++count }
  items.set(id, gone)
  const done = api
    .trashNote(id)
    .catch((error: unknown) => {
      if (items.get(id) === gone) items.set(id, { ...item, seen: ++count })
      throw error
    })
    .finally(() => trashing.delete(id))
  trashing.set(id, done)
  return done
}

/** Takes a note out of the trash, after a deletion that is still under way. */
async function restore(id: string): Promise<void> {
  await trashing.get(id)?.catch(() => {})
  await take(api.restoreNote(id))
}

/** Forgets everything, for the next user. */
function reset(): void {
  generation++
  items.clear()
  cursor.value = ''
  horizon.value = undefined
  status.value = 'new'
  loadingMore = undefined
}

export const notes = {
  list, more, status, load, loadMore, read, add, update, trash, restore, patch, hear, reset,
  get: (id: string) => items.get(id),
}
