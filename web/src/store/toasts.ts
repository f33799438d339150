import { shallowReactive } from 'vue'

export interface Toast {
  id: number
  text: string
  tone: 'plain' | 'error'
  action?: { label: string; run: () => void }
}

const maxToasts = 3
let last = 0

export const toasts = shallowReactive<Toast[]>([])

/** Shows a message for some seconds, with one thing to do about it. */
export function toast(text: string, options: Partial<Pick<Toast, 'tone' | 'action'>> = {}): void {
  toasts.push({ id: ++last, text, tone: 'plain', ...options })
  if (toasts.length > maxToasts) toasts.shift()
}

export function dismiss(id: number): void {
  const index = toasts.findIndex((t) => t.id === id)
  if (index >= 0) toasts.splice(index, 1)
}
