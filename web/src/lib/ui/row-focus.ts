const PAGE = 10

/** Moves the focus among the rows of a table. @returns whether the key was one that does */
export function moveRowFocus(body: HTMLElement | undefined, event: KeyboardEvent): boolean {
  const rows = [...(body?.querySelectorAll<HTMLElement>('[data-row]') ?? [])]
  const at = rows.indexOf(event.currentTarget as HTMLElement)
  const target = {
    ArrowDown: at + 1,
    ArrowUp: at - 1,
    PageDown: at + PAGE,
    PageUp: at - PAGE,
    Home: 0,
    End: rows.length,
  }[event.key]
  if (target === undefined) return false
  const row = rows[Math.min(Math.max(target, 0), rows.length - 1)]
  row?.focus({ preventScroll: true })
  row?.scrollIntoView({ block: 'nearest' })
  return true
}
