import type { Events } from '../core/events.ts'

/** Who has to know when it may have changed who may go where. */
export interface RightsListener {
  /** Where a sandbox is, or whether it runs, may have changed. */
  moved(): void
  /** Who may open a sandbox may have changed. */
  rights(): void
}

/** Users and their e-mail addresses are read anew after a change of a group; so long is waited for that, in milliseconds. */
const READING = 250
/** Sessions run out without anybody being told; so often they are looked at, in milliseconds. */
const EVERY = 60_000

/**
 * Tells of changes, many at a time: while a hall starts, instances change hundreds of times a second.
 * @returns stops it
 */
export function watchRights(events: Events, listener: RightsListener): () => void {
  const due = new Map<'moved' | 'rights', NodeJS.Timeout>()
  const soon = (what: 'moved' | 'rights', milliseconds: number) => () => {
    if (due.has(what)) return
    const tell = () => {
      due.delete(what)
      listener[what]()
    }
    due.set(what, setTimeout(tell, milliseconds))
  }
  const stops = [
    events.on('instance', soon('moved', 50)),
    events.on('setting', soon('moved', 50)),
    events.on('group', soon('rights', READING)),
    // Somebody was signed out, or put out: they are out at once.
    events.on('session', () => listener.rights()),
  ]
  const every = setInterval(() => listener.rights(), EVERY)
  return () => {
    for (const stop of stops) stop()
    for (const timer of due.values()) clearTimeout(timer)
    clearInterval(every)
  }
}
