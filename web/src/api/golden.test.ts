import { expect, test } from 'vitest'
import login from '../../../pkg/api/testdata/login.json'
import newNote from '../../../pkg/api/testdata/newnote.json'
import newSession from '../../../pkg/api/testdata/newsession.json'
import newUser from '../../../pkg/api/testdata/newuser.json'
import note from '../../../pkg/api/testdata/note.json'
import notePatch from '../../../pkg/api/testdata/notepatch.json'
import problem from '../../../pkg/api/testdata/problem.json'
import summary from '../../../pkg/api/testdata/summary.json'
import summaryPage from '../../../pkg/api/testdata/summarypage.json'
import user from '../../../pkg/api/testdata/user.json'
import { errorOf } from './error'
import type * as types from './types'

// The golden files are what the Go types are written as. Here the compiler
// reads them as the types that were generated from openapi.yaml: a member that
// only one of the two has, or has as something else, does not compile.

/** T with the literal types widened, as a JSON module has them. */
type Wide<T> = T extends string ? string : T extends object ? { [K in keyof T]: Wide<T[K]> } : T

type Agrees<Golden, T> = Golden extends Wide<T> ? (keyof Golden extends keyof T ? true : false) : false

const agree: [
  Agrees<typeof login, types.Login>,
  Agrees<typeof newNote, types.NewNote>,
  Agrees<typeof newSession, types.NewSession>,
  Agrees<typeof newUser, types.NewUser>,
  Agrees<typeof note, types.Note>,
  Agrees<typeof notePatch, types.NotePatch>,
  Agrees<typeof problem, types.Problem>,
  Agrees<typeof summary, types.Summary>,
  Agrees<typeof summaryPage, types.SummaryPage>,
  Agrees<typeof user, types.User>,
] = [true, true, true, true, true, true, true, true, true, true]

test('the golden files hold what the types say', () => {
  expect(agree).not.toContain(false)
  expect(Object.keys(summaryPage.notes[0] ?? {})).toEqual(expect.arrayContaining(['id', 'excerpt', 'revision']))
})

test('a problem of the server becomes an error', async () => {
  const headers = { 'Content-Type': 'application/problem+json', 'Retry-After': '7' }
  const error = await errorOf(new Response(JSON.stringify(problem), { status: problem.status, headers }))
  expect(error.code).toBe(problem.code)
  expect(error.field).toBe(problem.field)
  expect(error.retryAfter).toBe(7)
  expect(error.message.toLowerCase()).toContain(problem.detail.toLowerCase())
})
