import { shallowReactive } from 'vue'
import type { Text } from '../lib/text'

/** What is written and not saved yet: of a note, or of the capture field. */
export interface Draft {
  text: Text
  /** The note as it was when the writing began. */
  base: Text & { revision: number }
}

/** A note being written in the capture field, and the id it will have. */
export interface Capture {
  id: string
  text: string
}

type Value = Draft | Capture

const captureKey = 'new'

// Drafts live in memory. A moment later each is also in the browser's storage,
// under its user, so that it outlives a crash and an expired login; logging out
// deletes it.
const kept = shallowReactive(new Map<string, Value>())
const unstored = new Set<string>()
const storeAfter = 300 // ms: a long text is not worth writing at every key
let timer: ReturnType<typeof setTimeout> | undefined
let prefix = ''

addEventListener('pagehide', flush)

function open(userId: string): void {
  prefix = `notes.draft.${userId}.`
  kept.clear()
  unstored.clear()
  for (const key of storedKeys()) {
    try {
      kept.set(key.slice(prefix.length), JSON.parse(localStorage.getItem(key) ?? '') as Value)
    } catch {
      localStorage.removeItem(key) // not ours
    }
  }
}

function close(): void {
  flush()
  kept.clear()
  unstored.clear()
  prefix = ''
}

function write(key: string, value: Value): void {
  if (!prefix) return
  kept.set(key, value)
  unstored.add(key)
  timer ??= setTimeout(flush, storeAfter)
}

function flush(): void {
  clearTimeout(timer)
  timer = undefined
  for (const key of unstored) {
    try {
      localStorage.setItem(prefix + key, JSON.stringify(kept.get(key)))
      unstored.delete(key)
    } catch {
      return // full or switched off: see atRisk
    }
  }
}

function drop(key: string): void {
  kept.delete(key)
  unstored.delete(key)
  try {
    localStorage.removeItem(prefix + key)
  } catch {
    // switched off, so nothing is there
  }
}

/** Deletes all drafts of the user. */
function clear(): void {
  for (const key of [...kept.keys()]) drop(key)
}

function storedKeys(): string[] {
  try {
    return Object.keys(localStorage).filter((key) => key.startsWith(prefix))
  } catch {
    return []
  }
}

export const drafts = {
  open, close, clear,
  get: (id: string) => kept.get(id) as Draft | undefined,
  set: (id: string, draft: Draft) => write(id, draft),
  drop,
  getCapture: () => kept.get(captureKey) as Capture | undefined,
  setCapture: (capture: Capture) => write(captureKey, capture),
  dropCapture: () => drop(captureKey),
  has: (id: string) => kept.has(id),
  count: () => kept.size,
  /** Whether closing the page now would lose a text. */
  atRisk(): boolean {
    flush()
    return unstored.size > 0
  },
}
