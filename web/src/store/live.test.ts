// @vitest-environment jsdom
import { mount } from '@vue/test-utils'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { empty, fakeServer, json, problem, summaryWith, testUser } from '../testing/server'
import { useLive } from './live'
import { notes } from './notes'

/** Stands in for the browser's own, which jsdom has not. */
class FakeSource extends EventTarget {
  static readonly CLOSED = 2
  static all: FakeSource[] = []
  readonly url: string
  readyState = 1
  onerror = () => {}

  constructor(url: string) {
    super()
    this.url = url
    FakeSource.all.push(this)
  }

  close(): void {
    this.readyState = FakeSource.CLOSED
  }

  say(event: string, data: object, lastEventId = ''): void {
    this.dispatchEvent(new MessageEvent(event, { data: JSON.stringify(data), lastEventId }))
  }

  refuse(): void {
    this.close()
    this.onerror()
  }
}

const last = () => FakeSource.all.at(-1)!
const urls = () => FakeSource.all.map((source) => source.url)
const begin = vi.fn()

function start() {
  return mount({ setup: () => useLive(begin), render: () => null })
}

function visible(state: DocumentVisibilityState): void {
  vi.spyOn(document, 'visibilityState', 'get').mockReturnValue(state)
  document.dispatchEvent(new Event('visibilitychange', { bubbles: true }))
}

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('EventSource', FakeSource)
  FakeSource.all = []
  begin.mockClear()
  notes.reset()
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

test('it reads the list when the stream begins, and shows what comes', () => {
  const page = start()
  expect(urls()).toEqual(['/api/v1/changes'])
  last().say('hello', { cursor: 'e-1' }, 'e-1')
  expect(begin).toHaveBeenCalledTimes(1)
  last().say('change', { kind: 'saved', id: 'a', revision: 1, note: summaryWith({ id: 'a' }) }, 'e-2')
  expect(notes.get('a')).toBeDefined()
  page.unmount()
  expect(last().readyState).toBe(FakeSource.CLOSED)
})

test('a hidden page lets its stream go and goes on where it was', () => {
  const page = start()
  last().say('hello', { cursor: 'e-1' }, 'e-1')
  visible('hidden')
  vi.advanceTimersByTime(29_000)
  visible('visible')
  vi.advanceTimersByTime(60_000)
  expect(urls()).toHaveLength(1)
  visible('hidden')
  vi.advanceTimersByTime(31_000)
  expect(last().readyState).toBe(FakeSource.CLOSED)
  visible('visible')
  expect(urls()).toEqual(['/api/v1/changes', '/api/v1/changes?since=e-1'])
  page.unmount()
})

test('when it is refused it sees to the login and comes back', async () => {
  let tries = 0
  const seen = fakeServer(({ path }) => {
    if (path === '/sessions/refresh') return json({})
    return ++tries === 1 ? problem(401, 'unauthorized') : json(testUser)
  })
  const page = start()
  last().say('hello', { cursor: 'e-7' }, 'e-7')
  last().refuse()
  await vi.advanceTimersByTimeAsync(2000)
  expect(seen.map((r) => r.path)).toEqual(['/me', '/sessions/refresh', '/me'])
  expect(urls()).toEqual(['/api/v1/changes', '/api/v1/changes?since=e-7'])
  page.unmount()
})

test('when the login has ended it does not come back', async () => {
  const seen = fakeServer(() => problem(401, 'unauthorized'))
  const page = start()
  last().refuse()
  await vi.advanceTimersByTimeAsync(600_000)
  expect(urls()).toHaveLength(1)
  expect(seen.filter((r) => r.path === '/me')).toHaveLength(1)
  page.unmount()
})

test('while the server is away it tries again, more and more seldom', async () => {
  const seen = fakeServer(() => problem(503, 'unavailable'))
  const page = start()
  last().refuse()
  await vi.advanceTimersByTimeAsync(600_000)
  expect(seen.length).toBeGreaterThan(15)
  expect(seen.length).toBeLessThan(60)
  page.unmount()
  const before = seen.length
  await vi.advanceTimersByTimeAsync(600_000)
  expect(seen).toHaveLength(before)
})

test('when too much was missed it begins anew', async () => {
  fakeServer(({ path }) => (path === '/me' ? json(testUser) : empty()))
  const page = start()
  last().say('hello', { cursor: 'e-1' }, 'e-1')
  last().say('resync', {})
  await vi.advanceTimersByTimeAsync(2000)
  expect(urls()).toEqual(['/api/v1/changes', '/api/v1/changes'])
  last().say('hello', { cursor: 'f-1' }, 'f-1')
  expect(begin).toHaveBeenCalledTimes(2)
  page.unmount()
})
