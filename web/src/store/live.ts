import { onMounted, onScopeDispose } from 'vue'
import { getMe } from '../api/account'
import { follow, type Stream } from '../api/changes'
import { isCode } from '../api/error'
import { notes } from './notes'

/** How long a page that nobody sees keeps its stream: a browser has six connections to a server. */
const hiddenFor = 30_000
const longestPause = 30_000

/**
 * Follows what becomes of the notes while the page that calls it is there, and
 * calls begin when all of them are to be read anew.
 */
export function useLive(begin: () => void): void {
  let stream: Stream | undefined
  let cursor = ''
  let pause = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  function open(): void {
    clearTimeout(timer)
    if (stream) return
    stream = follow(cursor, {
      hello(now) {
        cursor = now
        pause = 0
        begin()
      },
      change(change, behind) {
        cursor = behind
        pause = 0
        notes.hear(change)
      },
      resync() {
        close()
        cursor = ''
        again()
      },
      refused() {
        close()
        again()
      },
    })
  }

  function close(): void {
    clearTimeout(timer)
    stream?.close()
    stream = undefined
  }

  /** Comes back after a while, which grows and is not the same for all. */
  function again(): void {
    pause = Math.min(longestPause, pause * 2 || 1000)
    timer = setTimeout(() => void reopen(), pause * (0.5 + Math.random()))
  }

  async function reopen(): Promise<void> {
    try {
      await getMe() // which refreshes the login, or finds that it has ended
      open()
    } catch (error) {
      if (!isCode(error, 'unauthorized')) again()
    }
  }

  function look(): void {
    clearTimeout(timer)
    if (document.visibilityState === 'visible') open()
    else timer = setTimeout(close, hiddenFor)
  }

  onMounted(look)
  addEventListener('visibilitychange', look)
  onScopeDispose(() => {
    removeEventListener('visibilitychange', look)
    close()
  })
}
