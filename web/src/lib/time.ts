import { onScopeDispose, readonly, ref } from 'vue'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

/** The present, moving on every half minute, for times that are told relative to it. */
export function useNow() {
  const now = ref(Date.now())
  const timer = setInterval(() => (now.value = Date.now()), minute / 2)
  onScopeDispose(() => clearInterval(timer))
  return readonly(now)
}

const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto', style: 'long' })
const sameYear = new Intl.DateTimeFormat('en', { day: 'numeric', month: 'short' })
const otherYear = new Intl.DateTimeFormat('en', { day: 'numeric', month: 'short', year: 'numeric' })
const exact = new Intl.DateTimeFormat('en', { dateStyle: 'full', timeStyle: 'short' })

/** "5 minutes ago", "yesterday", "3 Oct", "3 Oct 2025". */
export function ago(time: string, now: number): string {
  const then = new Date(time)
  const age = Math.max(0, now - then.getTime())
  if (age < minute) return 'just now'
  if (age < hour) return relative.format(-Math.floor(age / minute), 'minute')
  if (age < day) return relative.format(-Math.floor(age / hour), 'hour')
  if (age < 7 * day) return relative.format(-Math.floor(age / day), 'day')
  return then.getFullYear() === new Date(now).getFullYear() ? sameYear.format(then) : otherYear.format(then)
}

/** "now", "5m", "3h", "2d", "Oct 3": for rows. */
export function agoShort(time: string, now: number): string {
  const age = Math.max(0, now - Date.parse(time))
  if (age < minute) return 'now'
  if (age < hour) return `${Math.floor(age / minute)}m`
  if (age < day) return `${Math.floor(age / hour)}h`
  if (age < 7 * day) return `${Math.floor(age / day)}d`
  return ago(time, now)
}

export const exactTime = (time: string): string => exact.format(new Date(time))
