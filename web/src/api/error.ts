import type { Code, Note, Problem } from './types'

/**
 * What a request that did not succeed throws: the server's problem document, or
 * the lack of an answer, which is `unavailable` with the status 0.
 */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly status: number
  readonly code: Code
  /** The input that is wrong, as its JSON member is named; may be empty. */
  readonly field: string
  /** With `stale`, the note as it is now. */
  readonly note: Note | undefined
  /** Seconds to wait before another attempt; 0: the server did not say. */
  readonly retryAfter: number

  constructor(problem: Pick<Problem, 'status' | 'code' | 'detail'> & Partial<Problem>, retryAfter = 0) {
    super(sentence(problem.detail))
    this.status = problem.status
    this.code = problem.code
    this.field = problem.field ?? ''
    this.note = problem.note
    this.retryAfter = retryAfter
  }
}

/** Reads an error answer. A proxy's may be anything; it counts by its status. */
export async function errorOf(response: Response): Promise<ApiError> {
  const retryAfter = Number(response.headers.get('Retry-After')) || 0
  if (response.headers.get('Content-Type')?.startsWith('application/problem+json')) {
    try {
      return new ApiError((await response.json()) as Problem, retryAfter)
    } catch {
      // cut off on the way
    }
  }
  const detail = `the server answered ${response.status} without saying why`
  return new ApiError({ status: response.status, code: codeOf(response.status), detail }, retryAfter)
}

function codeOf(status: number): Code {
  if (status === 401) return 'unauthorized'
  if (status === 413) return 'too_large'
  if (status === 429) return 'rate_limited'
  if (status >= 502 && status <= 504) return 'unavailable'
  return status >= 500 ? 'internal' : 'invalid'
}

/** The server's messages begin in lower case, for the command line. */
function sentence(detail: string): string {
  const text = detail.charAt(0).toUpperCase() + detail.slice(1)
  return /[.!?…]$/.test(text) ? text : text + '.'
}

/** What to tell a person about anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

export const isCode = (error: unknown, code: Code): error is ApiError =>
  error instanceof ApiError && error.code === code
