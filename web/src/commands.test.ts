// @vitest-environment jsdom
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { effectScope, type EffectScope } from 'vue'
import { type CommandId, commands, handleKey, useCommands } from './commands'

let scope: EffectScope

beforeEach(() => {
  scope = effectScope()
  document.body.innerHTML = '<button>b</button><textarea></textarea>'
})
afterEach(() => scope.stop())

const ids = Object.keys(commands) as CommandId[]

function press(key: string, on = 'button', more: KeyboardEventInit = {}): KeyboardEvent {
  const mod = key.startsWith('mod+')
  const event = new KeyboardEvent('keydown', { key: mod ? key.slice(4) : key, ctrlKey: mod, cancelable: true, ...more })
  Object.defineProperty(event, 'target', { value: document.querySelector(on) })
  handleKey(event)
  return event
}

test('no two commands share a key', () => {
  const keys = ids.flatMap((id) => commands[id].keys)
  expect(new Set(keys).size).toBe(keys.length)
})

test('no command takes a key that belongs to the browser', () => {
  const keys: string[] = ids.flatMap((id) => commands[id].keys)
  for (const key of ['n', 't', 'w', 'l', 'r']) expect(keys).not.toContain(`mod+${key}`)
})

test.each(ids)('%s runs by each of its keys, whatever the case', (id) => {
  const run = vi.fn()
  scope.run(() => useCommands({ [id]: run }))
  for (const key of commands[id].keys) {
    expect(press(key).defaultPrevented).toBe(true)
    press(key.replace(/.$/, (last) => last.toUpperCase()), 'button', { shiftKey: true })
  }
  expect(run).toHaveBeenCalledTimes(2 * commands[id].keys.length)
})

test('keys that are typed into a field are text', () => {
  const run = vi.fn()
  scope.run(() => useCommands({ capture: run, trash: run, save: run }))
  expect(press('c', 'textarea').defaultPrevented).toBe(false)
  press('#', 'textarea')
  expect(run).not.toHaveBeenCalled()
  press('mod+enter', 'textarea')
  expect(run).toHaveBeenCalledTimes(1)
})

test('keys of a composition and of the browser are left alone', () => {
  const run = vi.fn()
  scope.run(() => useCommands({ capture: run }))
  press('c', 'button', { isComposing: true })
  press('c', 'button', { ctrlKey: true })
  press('c', 'button', { metaKey: true })
  press('c', 'button', { altKey: true })
  expect(run).not.toHaveBeenCalled()
})

test('the latest to ask comes first, and passes on what it does not want', () => {
  const page = vi.fn()
  scope.run(() => useCommands({ back: page }))
  const inner = effectScope()
  const editor = vi.fn(() => false as const)
  inner.run(() => useCommands({ back: editor }))
  press('escape')
  expect([editor.mock.calls.length, page.mock.calls.length]).toEqual([1, 1])
  inner.stop()
  press('escape')
  expect([editor.mock.calls.length, page.mock.calls.length]).toEqual([1, 2])
})

test('a key without a taker keeps its meaning', () => {
  scope.run(() => useCommands({ back: () => false }))
  expect(press('escape').defaultPrevented).toBe(false)
})
