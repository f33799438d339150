/**
 * Where to go after the login. It comes out of the address, where a link from
 * elsewhere may have put anything: only a note of ours counts.
 */
export const nextOf = (next: unknown): string =>
  typeof next === 'string' && /^\/notes\/[0-9a-z]{12}(\?edit)?$/.test(next) ? next : '/'
