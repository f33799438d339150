// @vitest-environment jsdom
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { effectScope, type EffectScope } from 'vue'
import type { Note } from '../api/types'
import { fakeServer, json, noteWith, problem, testUser } from '../testing/server'
import { drafts } from './drafts'
import { useEditing } from './editing'
import { notes } from './notes'

const first = noteWith({ id: 'a', title: 'T', body: 'old', tags: [], revision: 1 })
let scope: EffectScope

const edit = (note: Note = first) => scope.run(() => useEditing(note))!

/** A server that keeps one note, compares revisions, and wants something to change. */
function noteServer(stored: Note) {
  const state = { note: stored, loseAnswer: false }
  const seen = fakeServer(({ method, body, headers }) => {
    if (method === 'POST') return json(noteWith(body as Note))
    if (headers.get('If-Match') !== `"${state.note.revision}"`) return problem(412, 'stale', { note: state.note })
    if (Object.keys(body as object).length === 0) return problem(400, 'invalid')
    state.note = { ...state.note, ...(body as object), revision: state.note.revision + 1 }
    if (state.loseAnswer) return new TypeError('network')
    return json(state.note)
  })
  return { state, seen }
}

beforeEach(() => {
  scope = effectScope()
  localStorage.clear()
  drafts.open(testUser.id)
  notes.reset()
})

afterEach(() => {
  scope.stop()
  drafts.close()
})

test('only what changed is sent', async () => {
  const { seen } = noteServer(first)
  const { form, save, dirty } = edit()
  form.body = 'new'
  expect(await save()).toBe(true)
  expect(seen[0]?.body).toEqual({ body: 'new' })
  expect(dirty.value).toBe(false)
  expect(drafts.has('a')).toBe(false)
})

test('a failure keeps the text, in the form and as a draft', async () => {
  fakeServer(() => new TypeError('network'))
  const { form, save, error } = edit()
  form.body = 'new'
  expect(await save()).toBe(false)
  expect(error.value?.code).toBe('unavailable')
  expect(form.body).toBe('new')
  expect(drafts.get('a')?.text.body).toBe('new')
})

test('what is typed while saving stays unsaved', async () => {
  const { form, save, dirty } = edit()
  fakeServer(() => {
    form.body = 'newer'
    return json({ ...first, body: 'new', revision: 2 })
  })
  form.body = 'new'
  expect(await save()).toBe(false)
  expect(form.body).toBe('newer')
  expect(dirty.value).toBe(true)
  expect(drafts.get('a')?.base.revision).toBe(2)
})

test('another text elsewhere is a conflict that keeps both', async () => {
  const { state } = noteServer({ ...first, body: 'theirs', revision: 5 })
  const editing = edit()
  editing.form.body = 'mine'
  expect(await editing.save()).toBe(false)
  expect(editing.theirs.value?.body).toBe('theirs')
  expect(editing.mine.value.body).toBe('mine')

  expect(await editing.keepMine()).toBe(true)
  expect(state.note).toMatchObject({ body: 'mine', revision: 6 })
})

test('taking theirs gives mine back as a draft on theirs', async () => {
  noteServer({ ...first, body: 'theirs', revision: 5 })
  const editing = edit()
  editing.form.body = 'mine'
  await editing.save()
  const draft = editing.takeTheirs()
  expect(editing.form.body).toBe('theirs')
  expect(draft).toMatchObject({ text: { body: 'mine' }, base: { body: 'theirs', revision: 5 } })
})

test('keeping mine as a new note leaves theirs alone', async () => {
  const { state, seen } = noteServer({ ...first, body: 'theirs', revision: 5 })
  const editing = edit()
  editing.form.body = 'mine'
  await editing.save()
  const added = await editing.saveAsNew()
  expect(seen.at(-1)).toMatchObject({ method: 'POST', body: { id: added?.id, body: 'mine' } })
  expect(added?.id).not.toBe('a')
  expect(state.note.body).toBe('theirs')
  expect(editing.dirty.value).toBe(false)
})

test('a newer revision with the same text is no conflict', async () => {
  const { state } = noteServer({ ...first, pinned: false, revision: 7 })
  const { form, save } = edit()
  form.body = 'new'
  expect(await save()).toBe(true)
  expect(state.note).toMatchObject({ body: 'new', revision: 8 })
})

test('an attempt whose answer was lost is no conflict with the next one', async () => {
  const { state } = noteServer(first)
  const { form, save, theirs } = edit()
  form.body = 'new'
  state.loseAnswer = true
  expect(await save()).toBe(false)
  state.loseAnswer = false
  expect(await save()).toBe(true) // the same text again
  form.body = 'newer'
  state.loseAnswer = true
  await save()
  state.loseAnswer = false
  form.body = 'newest'
  expect(await save()).toBe(true)
  expect(theirs.value).toBeUndefined()
  expect(state.note.body).toBe('newest')
})

test('writing goes on from a draft, after a reload too', () => {
  edit().form.body = 'half a thought'
  drafts.close()
  drafts.open(testUser.id)
  const { form, dirty } = edit(noteWith({ ...first, body: 'changed since', revision: 9 }))
  expect(form.body).toBe('half a thought')
  expect(dirty.value).toBe(true)
  expect(drafts.get('a')?.base.revision).toBe(1) // so that saving finds the change
})

test('a draft is seen by its user only, and by nobody after the logout', () => {
  edit().form.body = 'secret'
  drafts.close()
  drafts.open('somebodyelse')
  expect(drafts.count()).toBe(0)
  drafts.open(testUser.id)
  expect(drafts.get('a')?.text.body).toBe('secret')
  drafts.clear()
  expect(JSON.stringify({ ...localStorage })).not.toContain('secret')
})

test('a draft that cannot be stored is known to be at risk', () => {
  vi.spyOn(Storage.prototype, 'setItem').mockImplementation(() => {
    throw new DOMException('full', 'QuotaExceededError')
  })
  expect(drafts.atRisk()).toBe(false)
  edit().form.body = 'new'
  expect(drafts.atRisk()).toBe(true)
})

test('CR LF stays CR LF', async () => {
  const { seen } = noteServer({ ...first, body: 'one\r\ntwo' })
  const { form, save, dirty } = edit({ ...first, body: 'one\r\ntwo' })
  expect(dirty.value).toBe(false)
  form.body += '\nthree'
  await save()
  expect(seen[0]?.body).toEqual({ body: 'one\r\ntwo\r\nthree' })
})

test('keeping mine as a new note may fail, says so, and keeps both', async () => {
  noteServer({ ...first, body: 'theirs', revision: 5 })
  const editing = edit()
  editing.form.body = 'mine'
  await editing.save()
  expect(editing.error.value).toBeUndefined()
  fakeServer(() => new TypeError('network'))
  expect(await editing.saveAsNew()).toBeUndefined()
  expect(editing.error.value?.code).toBe('unavailable')
  expect([editing.mine.value.body, editing.theirs.value?.body]).toEqual(['mine', 'theirs'])
})
