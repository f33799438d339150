import type { Hello, LiveChange } from './types'

/** What a stream of changes tells. */
export interface Listener {
  /** The stream begins at this cursor: what was written before is not told. */
  hello(cursor: string): void
  change(change: LiveChange, cursor: string): void
  /** The server cannot go on from the cursor: begin without one. */
  resync(): void
  /** The server refused the stream, and the browser has given up. */
  refused(): void
}

export interface Stream {
  close(): void
}

/**
 * Asks for the changes behind a cursor, or from now on, until it is closed. Where
 * the connection breaks, the browser comes back by itself and goes on where it was.
 */
export function follow(cursor: string, listener: Listener): Stream {
  const since = cursor && `?since=${encodeURIComponent(cursor)}`
  const source = new EventSource(`/api/v1/changes${since}`)
  const on = <T>(event: string, handle: (data: T, id: string) => void) =>
    source.addEventListener(event, (e: MessageEvent<string>) => handle(JSON.parse(e.data) as T, e.lastEventId))
  on<Hello>('hello', (hello) => listener.hello(hello.cursor))
  on<LiveChange>('change', (change, id) => listener.change(change, id))
  on('resync', () => listener.resync())
  source.onerror = () => {
    if (source.readyState === EventSource.CLOSED) listener.refused()
  }
  return source
}
