import { expect, test } from 'vitest'
import { nextOf } from './next'

test.each(['/notes/k3v9c0x7m2qa', '/notes/k3v9c0x7m2qa?edit'])('%s', (next) => expect(nextOf(next)).toBe(next))

test.each(['https://evil.example', '//evil.example', '/\\evil.example', 'javascript:alert(1)', '/logout', undefined, ['/']])(
  '%s is not followed',
  (next) => expect(nextOf(next)).toBe('/'),
)
