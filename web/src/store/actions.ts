import { messageOf } from '../api/error'
import { notes } from './notes'
import { toast } from './toasts'

/** Moves a note to the trash and offers to take it out again. */
export function trashNote(id: string, afterUndo: () => void = () => {}): void {
  notes.trash(id).catch((error: unknown) => toast(`Not deleted. ${messageOf(error)}`, { tone: 'error' }))
  toast('Moved to the trash.', {
    action: { label: 'Undo', run: () => void restoreNote(id).then(afterUndo) },
  })
}

export async function restoreNote(id: string): Promise<void> {
  try {
    await notes.restore(id)
  } catch (error) {
    toast(`Not restored. ${messageOf(error)}`, { tone: 'error' })
  }
}
