import { ref, watch } from 'vue'

export const themes = { system: 'System', light: 'Light', dark: 'Dark' } as const

export type Theme = keyof typeof themes

const key = 'notes.theme' // theme.js reads it before the first paint

const root = document.documentElement

/** The theme of this browser; setting it takes effect at once. */
export const theme = ref<Theme>((root.dataset.theme as Theme | undefined) ?? 'system')

watch(theme, (chosen) => {
  if (chosen === 'system') delete root.dataset.theme
  else root.dataset.theme = chosen
  try {
    localStorage.setItem(key, chosen)
  } catch {
    // Storage is off: it holds until the page is closed.
  }
})
