import { beforeEach, expect, test, vi } from 'vitest'
import { empty, fakeServer, json, problem } from '../testing/server'
import { reachable, request, whenSessionEnds } from './client'
import { ApiError } from './error'

const ended = vi.fn()

beforeEach(() => {
  ended.mockClear()
  whenSessionEnds(ended)
})

const failure = (promise: Promise<unknown>): Promise<ApiError> =>
  promise.then(
    () => expect.unreachable('it succeeded'),
    (error: unknown) => (error instanceof ApiError ? error : expect.unreachable(String(error))),
  )

test('a request carries what the contract asks for', async () => {
  const seen = fakeServer(() => json({ id: 'x' }))
  await request('PATCH', '/notes/x', { body: { title: 'T' }, revision: 3, operation: 'k3v9c0x7m2qa' })
  expect(seen[0]).toMatchObject({ method: 'PATCH', path: '/notes/x', body: { title: 'T' } })
  expect(seen[0]?.headers.get('If-Match')).toBe('"3"')
  expect(seen[0]?.headers.get('Operation-Id')).toBe('k3v9c0x7m2qa')
  expect(seen[0]?.headers.get('Content-Type')).toBe('application/json')
})

test('what is undefined stays out of the query', async () => {
  const seen = fakeServer(() => json({}))
  await request('GET', '/notes', { query: { view: 'summary', limit: 50, cursor: undefined } })
  expect(seen[0]?.path).toBe('/notes?view=summary&limit=50')
  expect(seen[0]?.headers.has('Content-Type')).toBe(false)
})

test('204 is undefined', async () => {
  fakeServer(empty)
  expect(await request('DELETE', '/notes/x')).toBeUndefined()
})

test('401 refreshes once and repeats the request', async () => {
  let fresh = false
  const seen = fakeServer(({ path }) => {
    if (path !== '/sessions/refresh') return fresh ? json({ ok: 1 }) : problem(401, 'unauthorized')
    fresh = true
    return json({})
  })
  expect(await request('GET', '/me')).toEqual({ ok: 1 })
  expect(seen.map((r) => r.path)).toEqual(['/me', '/sessions/refresh', '/me'])
  expect(seen[1]).toMatchObject({ method: 'POST', body: {} })
  expect(ended).not.toHaveBeenCalled()
})

test('however many wait, one refresh is under way', async () => {
  let fresh = false
  const seen = fakeServer(({ path }) => {
    if (path !== '/sessions/refresh') return fresh ? json({}) : problem(401, 'unauthorized')
    return new Promise((resolve) =>
      setTimeout(() => {
        fresh = true
        resolve(json({}))
      }),
    )
  })
  await Promise.all(Array.from({ length: 20 }, () => request('GET', '/notes')))
  expect(seen.filter((r) => r.path === '/sessions/refresh')).toHaveLength(1)
})

test('a refused refresh ends the session, without a loop', async () => {
  const seen = fakeServer(() => problem(401, 'unauthorized'))
  const error = await failure(request('GET', '/notes'))
  expect(error.code).toBe('unauthorized')
  expect(seen.map((r) => r.path)).toEqual(['/notes', '/sessions/refresh'])
  expect(ended).toHaveBeenCalledTimes(1)
})

test('a request that is refused after a refresh ends the session too', async () => {
  const seen = fakeServer(({ path }) => (path === '/sessions/refresh' ? json({}) : problem(401, 'unauthorized')))
  await failure(request('GET', '/notes'))
  expect(seen.map((r) => r.path)).toEqual(['/notes', '/sessions/refresh', '/notes'])
  expect(ended).toHaveBeenCalledTimes(1)
})

test('a server that is away during the refresh ends no session', async () => {
  fakeServer(({ path }) => (path === '/sessions/refresh' ? new TypeError('network') : problem(401, 'unauthorized')))
  expect((await failure(request('GET', '/notes'))).code).toBe('unavailable')
  expect(ended).not.toHaveBeenCalled()
})

test('a wrong password is an answer, not the end of a session', async () => {
  const seen = fakeServer(() => problem(401, 'unauthorized', { detail: 'the user name or the password is wrong' }))
  const error = await failure(request('POST', '/sessions', { body: {}, session: false }))
  expect(error.message).toBe('The user name or the password is wrong.')
  expect(seen).toHaveLength(1)
  expect(ended).not.toHaveBeenCalled()
})

test('no answer is "unavailable", and the page knows', async () => {
  fakeServer(() => new TypeError('network'))
  expect(await failure(request('GET', '/me'))).toMatchObject({ code: 'unavailable', status: 0 })
  expect(reachable.value).toBe(false)
  fakeServer(() => problem(503, 'unavailable'))
  await failure(request('GET', '/me'))
  expect(reachable.value).toBe(false)
  fakeServer(() => json({}))
  await request('GET', '/me')
  expect(reachable.value).toBe(true)
})

test.each([
  [502, 'unavailable'],
  [500, 'internal'],
  [413, 'too_large'],
  [404, 'invalid'],
])('an answer %d that is no problem document is %s', async (status, code) => {
  fakeServer(() => new Response('<h1>proxy</h1>', { status, headers: { 'Content-Type': 'text/html' } }))
  expect((await failure(request('GET', '/me'))).code).toBe(code)
})

test('an answer that is cut off is no answer', async () => {
  fakeServer(() => new Response('{"id":', { status: 200 }))
  expect((await failure(request('GET', '/me'))).code).toBe('unavailable')
  fakeServer(() => new Response('{"code":', { status: 409, headers: { 'Content-Type': 'application/problem+json' } }))
  expect((await failure(request('GET', '/me'))).status).toBe(409)
})
