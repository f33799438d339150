import { onScopeDispose } from 'vue'

/**
 * Everything that can be done by keyboard. The keys, their hints on buttons and
 * the tests all read this table.
 */
export const commands = {
  capture: { keys: ['c'], label: 'Write a new note' },
  next: { keys: ['j'], label: 'Next note' },
  previous: { keys: ['k'], label: 'Previous note' },
  open: { keys: ['enter'], label: 'Open the note' },
  edit: { keys: ['e'], label: 'Edit the note' },
  trash: { keys: ['#'], label: 'Move the note to the trash' },
  back: { keys: ['escape'], label: 'Back', typing: true },
  save: { keys: ['mod+enter', 'mod+s'], label: 'Save', typing: true },
} satisfies Record<string, Command>

interface Command {
  /** In lower case; `mod` is Ctrl, or ⌘ on a Mac. */
  keys: string[]
  label: string
  /** Works while a text field has the focus. */
  typing?: boolean
}

export type CommandId = keyof typeof commands

/** What a command does; false leaves the key to the browser. */
type Handlers = Partial<Record<CommandId, () => void | false>>

const stack: Handlers[] = []

/** Gives commands their effect while the calling component lives. The latest comes first. */
export function useCommands(handlers: Handlers): void {
  stack.unshift(handlers)
  onScopeDispose(() => stack.splice(stack.indexOf(handlers), 1))
}

/** Finds the command of a key and runs it. */
export function handleKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing || document.querySelector('dialog[open], :popover-open')) return
  const id = commandOf(event)
  if (!id) return
  for (const handlers of stack) {
    const run = handlers[id]
    if (!run || run() === false) continue
    event.preventDefault()
    return
  }
}

function commandOf(event: KeyboardEvent): CommandId | undefined {
  const key = keyOf(event)
  const typing = isTyping(event.target)
  for (const [id, command] of Object.entries(commands) as [CommandId, Command][]) {
    if (command.keys.includes(key) && (command.typing || !typing)) return id
  }
  return undefined
}

function keyOf(event: KeyboardEvent): string {
  if (event.altKey) return ''
  return (event.ctrlKey || event.metaKey ? 'mod+' : '') + event.key.toLowerCase()
}

const isTyping = (target: EventTarget | null) =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))

/** The first key of a command as aria-keyshortcuts writes it. */
export const shortcut = (id: CommandId): string =>
  commands[id].keys[0]!
    .split('+')
    .map((part) => (part === 'mod' ? 'Control' : part.length > 1 ? part[0]!.toUpperCase() + part.slice(1) : part))
    .join('+')
