import createDOMPurify from 'dompurify'
import { Marked, type Tokens } from 'marked'

// A note may hold anything: a page clipped from the web, a text somebody sent.
// Three layers keep it from doing more than being read. Raw HTML is shown as the
// text it is, the result is sanitized last, and the Content-Security-Policy
// forbids what would still get through.

const escape = (s: string) =>
  s.replace(/[&<>"']/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' })[c] as string)

const safeUrl = /^(?:https?:\/\/|mailto:)/i

const marked = new Marked({
  gfm: true,
  breaks: true, // a line break is seen where it was typed
  renderer: {
    html: ({ text }: Tokens.HTML | Tokens.Tag) => escape(text),

    // The title and the panes have the first levels.
    heading({ tokens, depth }) {
      const level = Math.min(depth + 1, 6)
      return `<h${level}>${this.parser.parseInline(tokens)}</h${level}>\n`
    },

    link({ href, title, tokens }) {
      const text = this.parser.parseInline(tokens)
      if (!safeUrl.test(href)) return text
      return `<a href="${escape(href)}"${title ? ` title="${escape(title)}"` : ''}>${text}</a>`
    },

    // Fetching a picture would tell its server who reads the note, and when.
    image({ href, text }) {
      const name = escape(text || 'image')
      return safeUrl.test(href) ? `<a href="${escape(href)}">${name}</a>` : name
    },

    checkbox: ({ checked }) =>
      `<input type="checkbox" disabled aria-label="${checked ? 'Done' : 'To do'}"${checked ? ' checked' : ''}> `,

    // What scrolls sideways must be reachable by keyboard.
    code: ({ text }) => `<pre tabindex="0"><code>${escape(text)}\n</code></pre>\n`,
  },
})

marked.use({
  hooks: {
    postprocess: (html) =>
      html.replaceAll('<table>', '<div class="table" tabindex="0"><table>').replaceAll('</table>', '</table></div>'),
  },
})

const purify = createDOMPurify(window)

purify.addHook('afterSanitizeAttributes', (node) => {
  if (node.tagName === 'A' && node.hasAttribute('href')) {
    node.setAttribute('target', '_blank')
    node.setAttribute('rel', 'noopener noreferrer')
  }
})

const allowed = {
  ALLOWED_TAGS: [
    'a', 'blockquote', 'br', 'code', 'del', 'div', 'em', 'h2', 'h3', 'h4', 'h5', 'h6', 'hr', 'input', 'li', 'ol', 'p', 'pre',
    'strong', 'table', 'tbody', 'td', 'th', 'thead', 'tr', 'ul',
  ],
  ALLOWED_ATTR: ['align', 'aria-label', 'checked', 'class', 'disabled', 'href', 'start', 'tabindex', 'title', 'type'],
  ALLOWED_URI_REGEXP: safeUrl,
  ADD_URI_SAFE_ATTR: ['align', 'aria-label', 'start', 'tabindex', 'type'], // no URLs in these
  ALLOW_ARIA_ATTR: false,
  ALLOW_DATA_ATTR: false,
  RETURN_TRUSTED_TYPE: true,
}

/** Returns the HTML of a Markdown text, safe to put into the page. */
export function render(source: string): string {
  // The type is a string to Vue; where the browser knows Trusted Types, it is one of the policy "dompurify".
  return purify.sanitize(marked.parse(source, { async: false }), allowed) as unknown as string
}
