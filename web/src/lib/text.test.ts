import { describe, expect, test } from 'vitest'
import summary from '../../../pkg/api/testdata/summary.json'
import note from '../../../pkg/api/testdata/note.json'
import { changes, excerpt, formatTags, parseCapture, parseTags, sameText, unmarked } from './text'

describe('parseCapture', () => {
  test.each([
    ['Buy milk', 'Buy milk', '', []],
    ['Buy milk\n\n2 litres\n', 'Buy milk', '2 litres\n', []],
    ['Buy milk\r\n\r\n2 litres', 'Buy milk', '2 litres', []],
    ['Buy milk\n2 litres', 'Buy milk', '2 litres', []],
    ['\n\n  \nBuy milk', 'Buy milk', '', []],
    ['Title\n\n\n  indented', 'Title', '\n  indented', []],
    ['Call #work the plumber #home', 'Call the plumber', '', ['work', 'home']],
    ['#idea', '', '', ['idea']],
    ['# Groceries', 'Groceries', '', []],
    ['C# and F#', 'C# and F#', '', []],
    ['We are #1', 'We are #1', '', []],
    ['Café #münchen', 'Café', '', ['münchen']],
    ['Title\nnot #atag', 'Title', 'not #atag', []],
  ])('%j', (input, title, body, tags) => expect(parseCapture(input)).toEqual({ title, body, tags }))

  test('a first line that is too long for a title stays in the body', () => {
    const line = 'ö'.repeat(513) // 1,026 bytes
    const { title, body } = parseCapture(line + '\nrest')
    expect(title).toBe('ö'.repeat(512))
    expect(body).toBe(line + '\nrest')
  })
})

test('tags come back as they were shown', () => {
  for (const tags of [[], ['home'], ['a', 'b-c'], ['#odd']]) expect(parseTags(formatTags(tags))).toEqual(tags)
  expect(parseTags('home, #work  home')).toEqual(['home', 'work'])
})

test('changes are what differs', () => {
  const base = { title: 'T', body: 'B', tags: ['a', 'b'] }
  expect(changes(base, { title: 'T', body: 'C', tags: ['b', 'a'] })).toEqual({ body: 'C' })
  expect(changes(base, { ...base, tags: [] })).toEqual({ tags: [] })
  expect(sameText(base, { ...base, tags: ['b', 'a'] })).toBe(true)
})

test('the excerpt is the one the server makes', () => {
  expect(excerpt(note.body)).toBe(summary.excerpt)
  expect([...excerpt('🙂'.repeat(200))]).toHaveLength(161)
})

test.each([
  ['- [x] Oats - [ ] Lemons', 'Oats · Lemons'],
  ['Ship **0.1** with `make` and [a plan](https://x.example/(1))', 'Ship 0.1 with make and a plan'],
  ['# Head > quote', 'Head quote'],
  ['2 * 3 * 4 and a_b_c', '2 * 3 * 4 and a_b_c'],
])('unmarked %j', (input, want) => expect(unmarked(input)).toBe(want))
