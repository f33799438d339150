// @vitest-environment jsdom
import { describe, expect, test } from 'vitest'
import { render } from './render'

const dom = (source: string): HTMLElement => {
  const div = document.createElement('div')
  div.innerHTML = render(source)
  return div
}

/** What no note may bring into the page, whatever it says. */
function expectHarmless(root: HTMLElement): void {
  for (const element of root.querySelectorAll('*')) {
    expect(element.tagName).not.toMatch(/^(script|style|iframe|object|embed|svg|math|img|form|base|meta|link|video|audio)$/i)
    for (const { name, value } of element.attributes) {
      expect(name).not.toMatch(/^(on.*|style|id|name|src|srcset|formaction)$/i)
      if (name === 'href') expect(value).toMatch(/^(https?:\/\/|mailto:)/i)
    }
  }
}

describe('hostile notes', () => {
  const corpus = [
    '<script>alert(1)</script>',
    '<img src=x onerror=alert(1)>',
    'text <b onmouseover="alert(1)">bold</b> text',
    '<svg><script>alert(1)</script></svg>',
    '<svg><style><img src=x onerror=alert(1)></style></svg>',
    '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
    '<form><button formaction="javascript:alert(1)">x</button></form>',
    '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
    '<a href="javascript:alert(1)">x</a>',
    '<base href="https://evil.example/">',
    '<meta http-equiv="refresh" content="0;url=https://evil.example">',
    '<div id="app" name="body">clobbered</div>',
    '<!--><img src=x onerror=alert(1)>-->',
    '<![CDATA[<script>alert(1)</script>]]>',
    '<?php <script>alert(1)</script> ?>',
    '</div></article><script>alert(1)</script>',
    '[x](javascript:alert(1))',
    '[x](JaVaScRiPt:alert(1))',
    '[x](java\tscript:alert(1))',
    '[x](&#106;avascript:alert(1))',
    '[x](javascript&colon;alert(1))',
    '[x](\u0001javascript:alert(1))',
    '[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)',
    '[x](vbscript:msgbox(1))',
    '[x](file:///etc/passwd)',
    '[log me out](/logout)',
    '[x](//evil.example)',
    '[x](https://a.example "x\\" onmouseover=alert(1) y=\\"")',
    '[x](https://a.example/"onmouseover="alert(1))',
    '<javascript:alert(1)>',
    '<https://a.example/"onclick="alert(1)>',
    '![x](https://evil.example/pixel.png)',
    '![x" onerror="alert(1)](https://a.example)',
    '![x](data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9ImFsZXJ0KDEpIj4=)',
    '[r]: javascript:alert(1)\n\n[r]',
    '```"><script>alert(1)</script>\n</code></pre><script>alert(1)</script>\n```',
    '`<script>alert(1)</script>`',
    '| <img src=x onerror=alert(1)> |\n| --- |\n| <script>alert(1)</script> |',
    '# <img src=x onerror=alert(1)>',
    '- [ ] <input type="text" name="password">',
  ]
  test.each(corpus)('%s', (source) => expectHarmless(dom(source)))

  test('all of it in one note', () => expectHarmless(dom(corpus.join('\n\n'))))
})

test('raw HTML is shown as it was written', () => {
  expect(dom('a <b>c</b>').textContent).toBe('a <b>c</b>\n')
  expect(dom('<script>x</script>').textContent).toBe('<script>x</script>')
})

test('links leave the page without telling it who they are', () => {
  const link = dom('[plan](https://example.com/a?b=1&c=2)').querySelector('a')
  expect(link?.getAttribute('href')).toBe('https://example.com/a?b=1&c=2')
  expect(link?.getAttribute('rel')).toBe('noopener noreferrer')
  expect(link?.getAttribute('target')).toBe('_blank')
  expect(dom('mail <a@example.com> or https://example.com').querySelectorAll('a')).toHaveLength(2)
  expect(dom('[nothing](/logout)').querySelector('a')).toBeNull()
})

test('pictures are links to them', () => {
  const root = dom('![a cat](https://example.com/cat.png)')
  expect(root.querySelector('img')).toBeNull()
  expect(root.querySelector('a')?.textContent).toBe('a cat')
})

test('task boxes say what they are', () => {
  const boxes = dom('- [x] one\n- [ ] two').querySelectorAll('input')
  expect([...boxes].map((box) => [box.type, box.disabled, box.checked, box.getAttribute('aria-label')])).toEqual([
    ['checkbox', true, true, 'Done'],
    ['checkbox', true, false, 'To do'],
  ])
})

test('tables and code can be reached and scrolled by keyboard', () => {
  const root = dom('| a | b |\n| --- | :-: |\n| x | y |\n\n```sh\nls\n```')
  expect(root.querySelector('.table')?.getAttribute('tabindex')).toBe('0')
  expect(root.querySelector('pre')?.getAttribute('tabindex')).toBe('0')
  expect(root.querySelectorAll('[align=center]')).toHaveLength(2)
  expect(root.querySelector('[style]')).toBeNull()
})

test('headings stand below the title of the note', () => {
  expect([...dom('# a\n\n## b\n\n###### c').children].map((e) => e.tagName)).toEqual(['H2', 'H3', 'H6'])
})

test('a line break is kept', () => {
  expect(dom('one\ntwo').querySelectorAll('br')).toHaveLength(1)
})
