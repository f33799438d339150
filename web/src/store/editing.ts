import { computed, reactive, ref, shallowRef, watch } from 'vue'
import { ApiError, isCode } from '../api/error'
import { newId } from '../api/id'
import type { Note } from '../api/types'
import { formatTags, parseTags, sameText, textOf, type Text } from '../lib/text'
import { drafts, type Draft } from './drafts'
import { notes } from './notes'

/** Writing in one note: begins with its draft if there is one, and keeps one while it differs. */
export function useEditing(note: Text & { id: string; revision: number }) {
  const draft = drafts.get(note.id)
  const base = shallowRef(draft?.base ?? baseOf(note))
  const form = reactive(formOf(draft?.text ?? note))
  const mine = computed<Text>(() => ({ title: form.title, body: bodyOf(form.body, base.value.body), tags: parseTags(form.tags) }))
  const dirty = computed(() => !sameText(base.value, mine.value))
  const saving = ref(false)
  const error = shallowRef<ApiError>()
  /** The note as someone else has saved it meanwhile, when the two must be decided between. */
  const theirs = shallowRef<Note>()
  let sent: Text | undefined

  watch([mine, base], keep, { flush: 'sync' })

  function keep(): void {
    if (dirty.value) drafts.set(note.id, { text: mine.value, base: base.value })
    else drafts.drop(note.id)
  }

  function show(text: Text): void {
    Object.assign(form, formOf(text))
  }

  /** Saves, and returns whether nothing is left to save. */
  async function save(): Promise<boolean> {
    if (!dirty.value) return true
    return run(async () => {
      const now = mine.value
      const saved = await push(now)
      base.value = baseOf(saved)
      if (sameText(mine.value, now)) show(saved)
    })
  }

  /**
   * Sends a text until it is saved or the note turns out to hold another one
   * that somebody must look at. A change of the revision alone is none: the note
   * was pinned, say, or it is our own last attempt whose answer was lost.
   */
  async function push(text: Text): Promise<Note> {
    for (let from = base.value; ; ) {
      try {
        return await notes.update(note.id, from, text)
      } catch (e) {
        if (!isCode(e, 'stale') || !e.note) throw e
        notes.patch(e.note)
        if (sameText(e.note, text)) return e.note
        if (!sameText(e.note, base.value) && !(sent && sameText(e.note, sent))) {
          theirs.value = e.note
          throw e
        }
        from = baseOf(e.note)
      } finally {
        sent = text
      }
    }
  }

  /** Saves mine over theirs. */
  function keepMine(): Promise<boolean> {
    if (theirs.value) base.value = baseOf(theirs.value)
    theirs.value = undefined
    return save()
  }

  /** Gives mine up, and returns it as a draft that can be taken up again. */
  function takeTheirs(): Draft | undefined {
    if (!theirs.value) return undefined
    const rest = { text: mine.value, base: baseOf(theirs.value) }
    base.value = rest.base
    show(theirs.value)
    theirs.value = undefined
    return rest
  }

  /** Saves mine as a note of its own, and returns it. */
  async function saveAsNew(): Promise<Note | undefined> {
    let added: Note | undefined
    await run(async () => {
      added = await notes.add({ id: newId(), ...mine.value })
      if (!takeTheirs()) show(base.value)
    })
    return added
  }

  async function run(work: () => Promise<void>): Promise<boolean> {
    if (saving.value) return false
    saving.value = true
    error.value = undefined
    try {
      await work()
      return !dirty.value
    } catch (e) {
      if (!(e instanceof ApiError)) throw e
      if (!theirs.value || !isCode(e, 'stale')) error.value = e
      return false
    } finally {
      saving.value = false
    }
  }

  return { form, mine, dirty, saving, error, theirs, save, keepMine, takeTheirs, saveAsNew }
}

const baseOf = (note: Text & { revision: number }) => ({ ...textOf(note), revision: note.revision })
const formOf = ({ title, body, tags }: Text) => ({
  title,
  body: hasCrLf(body) ? body.replaceAll('\r\n', '\n') : body,
  tags: formatTags(tags),
})

/** A text field knows no other line end than LF: a body that came with CR LF goes with it. */
const bodyOf = (field: string, base: string) => (hasCrLf(base) ? field.replaceAll('\n', '\r\n') : field)
const hasCrLf = (body: string) => body.includes('\r\n') && !/(?<!\r)\n|\r(?!\n)/.test(body)
