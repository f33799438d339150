/** What a person writes of a note. */
export interface Text {
  title: string
  body: string
  tags: string[]
}

export const textOf = ({ title, body, tags }: Text): Text => ({ title, body, tags: [...tags] })

export function sameText(a: Text, b: Text): boolean {
  return a.title === b.title && a.body === b.body && sameTags(a.tags, b.tags)
}

/** The members of mine that differ from base; empty when none does. */
export function changes(base: Text, mine: Text): Partial<Text> {
  const patch: Partial<Text> = {}
  if (mine.title !== base.title) patch.title = mine.title
  if (mine.body !== base.body) patch.body = mine.body
  if (!sameTags(mine.tags, base.tags)) patch.tags = mine.tags
  return patch
}

const sameTags = (a: string[], b: string[]) => [...a].sort().join(' ') === [...b].sort().join(' ')

/** Reads tags as a person types them: words, with or without # and commas between. */
export function parseTags(input: string): string[] {
  const words = input.split(/[\s,]+/).map((word) => word.replace(/^#/, ''))
  return [...new Set(words.filter((word) => word !== ''))]
}

export const formatTags = (tags: string[]): string => tags.map((tag) => '#' + tag).join(' ')

const maxTitle = 1024 // bytes of UTF-8

/**
 * Reads a note as it is written in one go, as `notes add` does: the first line
 * is the title, an empty line after it belongs to neither, the rest is the body.
 * Beyond that, a Markdown heading loses its marks, and `#word` in the first line
 * becomes a tag.
 */
export function parseCapture(input: string): Text {
  const text = input.replace(/^\s*\n/, '')
  const [, first = '', body = ''] = /^([^\n]*)\n?([^]*)$/.exec(text) ?? []
  const tags: string[] = []
  const title = first
    .replace(/^\s*#+\s+/, '')
    .replace(/(^|\s)#(?=[^\s#,]*\p{L})([^\s#,]+)(?=\s|$)/gu, (_, space: string, tag: string) => {
      tags.push(tag)
      return space
    })
    .replace(/\s+/g, ' ')
    .trim()
  if (byteLength(title) > maxTitle) return { title: cut(title, maxTitle), body: text, tags }
  return { title, body: body.replace(/^\r?\n/, ''), tags }
}

const byteLength = (s: string) => new TextEncoder().encode(s).length

function cut(s: string, bytes: number): string {
  const whole = new Uint8Array(bytes)
  return s.slice(0, new TextEncoder().encodeInto(s, whole).read)
}

const excerptLength = 160

/** An excerpt without the marks of Markdown that only get in the way of reading it. */
export function unmarked(text: string): string {
  return text
    .replace(/!?\[([^\]]*)\]\((?:[^()\s]|\([^()]*\))*\)/g, '$1')
    .replace(/(^|\s)[-*+] \[[ xX]\](?=\s)/g, '$1·')
    .replace(/(^|\s)(?:#{1,6}|>|```\w*)(?=\s|$)/g, '$1')
    .replace(/^\s*[·*+-]\s/, '')
    .replace(/(\*\*|__|~~|`)(?=\S)(.+?)\1/g, '$2')
    .replace(/\s+/g, ' ')
    .trim()
}

/** The beginning of a body on one line, as the server's summaries have it. */
export function excerpt(body: string): string {
  const characters = [...body.slice(0, 16 * excerptLength).replace(/\s+/g, ' ').replace(/\p{Cc}/gu, '').trim()]
  if (characters.length <= excerptLength) return characters.join('')
  return characters.slice(0, excerptLength).join('').trimEnd() + '…'
}
