import { request } from './client'
import { newId } from './id'
import type { NewNote, Note, NotePatch, SummaryPage } from './types'

const path = (id: string) => `/notes/${encodeURIComponent(id)}`

/** One page of the notes that are neither archived nor trashed, last saved first. */
export const listNotes = (limit: number, cursor?: string) =>
  request<SummaryPage>('GET', '/notes', { query: { view: 'summary', limit, cursor } })

export const getNote = (id: string) => request<Note>('GET', path(id))

/** Adds a note. With the same id and content it may be repeated. */
export const createNote = (note: NewNote & { id: string }) =>
  request<Note>('POST', '/notes', { body: note, operation: newId() })

/** Changes a note that still is at this revision; else the error is `stale`. */
export const updateNote = (id: string, revision: number, patch: NotePatch) =>
  request<Note>('PATCH', path(id), { body: patch, revision, operation: newId() })

/** Moves a note to the trash, whatever its revision. */
export const trashNote = (id: string) => request<void>('DELETE', path(id), { operation: newId() })

export const restoreNote = (id: string) => request<Note>('POST', path(id) + '/restore', { operation: newId() })
