import { ref } from 'vue'
import * as api from '../api/account'
import { whenSessionEnds } from '../api/client'
import { isCode } from '../api/error'
import type { User } from '../api/types'
import { drafts } from './drafts'
import { notes } from './notes'

/** Who is logged in; undefined until known, null for nobody. */
const user = ref<User | null>()
let onEnd: (wanted: boolean) => void = () => {}

// The cookie belongs to all tabs of this browser: when one logs out or in as
// somebody else, the others must not go on under the old name.
const tabs = new BroadcastChannel('notes.session')
tabs.onmessage = ({ data }: MessageEvent<string>) => {
  if (user.value && user.value.id !== data) end(true, data ? undefined : null)
}

whenSessionEnds(() => end(false, null))

function begin(who: User): void {
  user.value = who
  drafts.open(who.id)
}

function end(wanted: boolean, now: null | undefined): void {
  if (user.value === null) return
  user.value = now
  notes.reset()
  drafts.close()
  onEnd(wanted)
}

/** Finds out who is logged in. It throws when the server cannot be asked. */
async function ready(): Promise<User | null> {
  if (user.value !== undefined) return user.value
  try {
    begin(await api.getMe())
  } catch (error) {
    if (!isCode(error, 'unauthorized')) throw error
    user.value = null
  }
  return user.value ?? null
}

async function login(username: string, password: string): Promise<void> {
  const answer = await api.createSession({ username, password, label: deviceLabel() })
  begin(answer.user)
  tabs.postMessage(answer.user.id)
}

async function signup(username: string, password: string): Promise<void> {
  await api.createUser({ username, password })
  await login(username, password)
}

/** Logs out on the server, then forgets everything here, drafts too. */
async function logout(): Promise<void> {
  try {
    await api.endSession()
  } catch (error) {
    if (!isCode(error, 'unauthorized')) throw error
  }
  drafts.clear()
  tabs.postMessage('')
  end(true, null)
}

/** "Chromium on Linux": what a list of sessions shows. */
function deviceLabel(): string {
  const agent = navigator.userAgent
  const find = (names: [RegExp, string][]) => names.find(([pattern]) => pattern.test(agent))?.[1]
  const browser = find([[/Edg\//, 'Edge'], [/Firefox\//, 'Firefox'], [/Chrome\//, 'Chrome'], [/Safari\//, 'Safari']])
  const system = find([[/Android/, 'Android'], [/iPhone|iPad/, 'iOS'], [/Windows/, 'Windows'], [/Mac OS/, 'macOS'], [/Linux/, 'Linux']])
  return [browser ?? 'Browser', system].filter(Boolean).join(' on ')
}

export const session = {
  user, ready, login, signup, logout,
  /** Sets what happens when the login ends: because the user wanted it to, here or in another tab, or not. */
  whenEnded(handler: (wanted: boolean) => void): void {
    onEnd = handler
  },
}
