import { vi } from 'vitest'
import note from '../../../pkg/api/testdata/note.json'
import user from '../../../pkg/api/testdata/user.json'
import type { Note, Problem, Summary } from '../api/types'
import { excerpt } from '../lib/text'

/** One request as the server would see it. */
export interface Seen {
  method: string
  path: string
  headers: Headers
  body: unknown
}

type Answer = Response | Error | Promise<Response>

/** Takes the place of the server: each request is given to handle, and listed in the result. */
export function fakeServer(handle: (request: Seen) => Answer): Seen[] {
  const seen: Seen[] = []
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    const request = {
      method: init.method ?? 'GET',
      path: url.replace('/api/v1', ''),
      headers: new Headers(init.headers),
      body: typeof init.body === 'string' ? JSON.parse(init.body) : undefined,
    }
    seen.push(request)
    const answer = await handle(request)
    if (answer instanceof Error) throw answer
    return answer
  })
  return seen
}

export const json = (body: unknown, status = 200): Response =>
  new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } })

export const empty = (): Response => new Response(null, { status: 204 })

export const problem = (status: number, code: Problem['code'], more: Partial<Problem> = {}): Response =>
  new Response(JSON.stringify({ type: 'about:blank', title: '', status, code, detail: code, request_id: '', ...more }), {
    status,
    headers: { 'Content-Type': 'application/problem+json' },
  })

export const testUser = user

export const noteWith = (changes: Partial<Note>): Note => ({ ...note, ...changes })

export function summaryWith(changes: Partial<Note>): Summary {
  const { body, ...meta } = noteWith(changes)
  return { ...meta, excerpt: excerpt(body) }
}

export const page = (notes: Summary[], next_cursor = ''): Response => json({ notes, next_cursor })
