import { ref } from 'vue'
import { ApiError, errorOf } from './error'
import type { Login } from './types'

const prefix = '/api/v1'

/** How long to wait for an answer before the server counts as away. */
const timeout = 30_000

export interface Options {
  query?: Record<string, string | number | boolean | undefined>
  body?: unknown
  /** The revision that a change is meant for. */
  revision?: number
  /** Names the command that a write belongs to; a repeat changes nothing. */
  operation?: string
  /** False for what works without a login, where 401 is an answer like others. */
  session?: boolean
}

/** Whether the server answered the last request at all. */
export const reachable = ref(true)

let onEnd: () => void = () => {}

/** Sets what happens when a request finds that the login has ended. */
export function whenSessionEnds(handler: () => void): void {
  onEnd = handler
}

/**
 * Sends one request and returns the JSON of its answer, undefined for an empty
 * one. It throws an ApiError for every other outcome.
 *
 * On 401 it refreshes the session, once and one at a time however many requests
 * wait, and repeats the request, once. Only when that is refused too has the
 * login ended.
 */
export async function request<T>(method: string, path: string, options: Options = {}): Promise<T> {
  try {
    return await attempt<T>(method, path, options)
  } catch (error) {
    if (options.session === false || !isUnauthorized(error)) throw error
  }
  try {
    await refresh()
    return await attempt<T>(method, path, options)
  } catch (error) {
    if (isUnauthorized(error)) onEnd()
    throw error
  }
}

let refreshing: Promise<Login> | undefined

function refresh(): Promise<Login> {
  refreshing ??= attempt<Login>('POST', '/sessions/refresh', { body: {} }).finally(() => {
    refreshing = undefined
  })
  return refreshing
}

async function attempt<T>(method: string, path: string, options: Options): Promise<T> {
  const response = await send(method, path, options)
  if (!response.ok) throw await errorOf(response)
  if (response.status === 204) return undefined as T
  try {
    return (await response.json()) as T
  } catch {
    throw away('the answer of the server was cut off')
  }
}

async function send(method: string, path: string, options: Options): Promise<Response> {
  const headers = new Headers({ Accept: 'application/json' })
  if (options.body !== undefined) headers.set('Content-Type', 'application/json')
  if (options.revision !== undefined) headers.set('If-Match', `"${options.revision}"`)
  if (options.operation) headers.set('Operation-Id', options.operation)
  try {
    const response = await fetch(prefix + path + queryOf(options), {
      method,
      headers,
      body: options.body === undefined ? null : JSON.stringify(options.body),
      redirect: 'error',
      signal: AbortSignal.timeout(timeout),
    })
    reachable.value = response.status < 502 || response.status > 504
    return response
  } catch {
    reachable.value = false
    throw away('the server cannot be reached')
  }
}

function queryOf({ query = {} }: Options): string {
  const params = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) params.set(name, String(value))
  }
  return params.size ? `?${params}` : ''
}

function away(detail: string): ApiError {
  return new ApiError({ status: 0, code: 'unavailable', detail })
}

function isUnauthorized(error: unknown): boolean {
  return error instanceof ApiError && error.code === 'unauthorized'
}
