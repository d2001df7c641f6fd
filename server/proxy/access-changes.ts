import type { Events } from '../core/events.ts'

/** Has to know when it may have changed who may open which sandbox. */
export interface AccessListener {
  /** Where a sandbox answers, or whether it runs, may have changed. */
  targetsChanged(): void
  /** Who may open a sandbox may have changed. */
  accessChanged(): void
}

/** How long changes are collected, in milliseconds. */
const COLLECT_MS = 50
/** After a change of a group its users and their e-mail addresses are read again, which takes this long, in milliseconds. */
const USERS_READ_MS = 250

/**
 * Reports changes, many at a time: when a whole event starts, instances change hundreds of times a second.
 * @returns a function that stops it
 */
export function watchAccessChanges(events: Events, listener: AccessListener): () => void {
  const pending = new Map<keyof AccessListener, NodeJS.Timeout>()
  const soon = (change: keyof AccessListener, delayMs: number) => () => {
    if (pending.has(change)) return
    const report = () => {
      pending.delete(change)
      listener[change]()
    }
    pending.set(change, setTimeout(report, delayMs))
  }
  const stops = [
    events.on('instance', soon('targetsChanged', COLLECT_MS)),
    events.on('setting', soon('targetsChanged', COLLECT_MS)),
    events.on('group', soon('accessChanged', USERS_READ_MS)),
    // Somebody was signed out or suspended: this must not wait.
    events.on('principal', () => listener.accessChanged()),
  ]
  return () => {
    for (const stop of stops) stop()
    for (const timer of pending.values()) clearTimeout(timer)
  }
}
