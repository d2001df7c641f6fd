import { setTimeout as sleep } from 'node:timers/promises'
import type { Backend } from './backend.ts'
import { activeRows, type Named } from './instances.ts'

/** States in which something is under way. */
const MOVING = new Set(['PENDING', 'PAUSING', 'STOPPING'])
const LOOK_EVERY = 300

/**
 * Waits until nothing is under way with these instances, and shows how far it is: a bar in its place at a terminal, a line for
 * each elsewhere. On stderr: stdout is for the result.
 * @param what what is being done, for people
 * @param over how it is called when one is through that is active no more
 */
export async function settled(backend: Backend, all: readonly Named[], what: string, over: string): Promise<void> {
  const waiting = new Map(all.map((one) => [one.id, one]))
  const { stderr } = process
  for (;;) {
    const states = new Map((await activeRows(backend, null)).map(({ id, state }) => [id, state]))
    for (const { id, group, username } of [...waiting.values()]) {
      const state = states.get(id) ?? over
      if (MOVING.has(state)) continue
      waiting.delete(id)
      if (!stderr.isTTY) console.error(`${group}/${username}: ${state} (${all.length - waiting.size} of ${all.length})`)
    }
    if (stderr.isTTY) stderr.write(`\r${barOf(what, all.length - waiting.size, all.length)}`)
    if (waiting.size === 0) break
    await sleep(LOOK_EVERY)
  }
  clearBar()
}

/** Makes room where a bar may be. */
export function clearBar(): void {
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
}

function barOf(what: string, done: number, total: number): string {
  const width = 30
  const full = Math.round((width * done) / Math.max(total, 1))
  return `${what} [${'█'.repeat(full)}${'░'.repeat(width - full)}] ${done} of ${total}`
}
