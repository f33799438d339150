import { request } from './client'
import type { Login, NewSession, NewUser, User } from './types'

export const getMe = () => request<User>('GET', '/me')

export const createUser = (user: NewUser) => request<User>('POST', '/users', { body: user, session: false })

/** Logs in; the tokens are in cookies that no script can read. */
export const createSession = (session: NewSession) =>
  request<Login>('POST', '/sessions', { body: { ...session, cookie: true }, session: false })

export const endSession = () => request<void>('DELETE', '/sessions/current')
