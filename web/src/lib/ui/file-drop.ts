import type { Attachment } from 'svelte/attachments'

interface Options {
  /** A file was dropped on the element. */
  onfile: (file: File) => void
  /** Shown over the element while a file is held over it; without one, only `data-dropping` is set, for a style of its own. */
  hint?: string
}

const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false

/** A file that misses its place would be opened by the browser, in place of this page. */
function keepPage(event: DragEvent): void {
  if (hasFiles(event)) event.preventDefault()
}

/** Makes an element take dropped files, and keeps the page from opening one that misses it. Dragged text is left alone. */
export function fileDrop({ onfile, hint = '' }: Options): Attachment<HTMLElement> {
  return (element) => {
    const show = (event: DragEvent) => {
      if (!hasFiles(event)) return
      event.preventDefault()
      element.dataset.dropping = hint
    }
    const leave = ({ relatedTarget }: DragEvent) => {
      if (!(relatedTarget instanceof Node && element.contains(relatedTarget))) delete element.dataset.dropping
    }
    const drop = (event: DragEvent) => {
      delete element.dataset.dropping
      const file = event.dataTransfer?.files[0]
      if (!file) return
      event.preventDefault()
      event.stopPropagation()
      onfile(file)
    }
    const stop = new AbortController()
    const { signal } = stop
    element.addEventListener('dragover', show, { signal })
    element.addEventListener('dragleave', leave, { signal })
    // Before an editor inside takes the drop for text.
    element.addEventListener('drop', drop, { signal, capture: true })
    window.addEventListener('dragover', keepPage, { signal })
    window.addEventListener('drop', keepPage, { signal })
    return () => stop.abort()
  }
}
