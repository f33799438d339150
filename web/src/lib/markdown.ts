import { type Component, shallowRef } from 'vue'

/** The component that renders Markdown, once its part of the program is here. */
export const Markdown = shallowRef<Component>()

/** Fetches it. Without it, notes show as the plain text they are. */
export async function loadMarkdown(): Promise<void> {
  try {
    Markdown.value ??= (await import('../components/MarkdownText.vue')).default
  } catch {
    // away, or replaced by a newer version: reloading the page brings it
  }
}
