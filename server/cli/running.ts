import { setTimeout as sleep } from 'node:timers/promises'
import type { Backend } from './backend.ts'

/** An instance as commands show it. */
export interface Row {
  id: string
  group: string
  username: string
  state: string
  url: string | null
  publicUrl: string | null
  domainUrl: string | null
  password: string | null
  reason: string | null
  notice: string | null
}

const PAGE = `query ($page: Int!, $filter: InstanceFilter) {
  instances(filter: $filter, page: { number: $page, size: 1000 }, sort: { field: group }) {
    total
    items { id group username state url publicUrl domainUrl reason notice }
  }
}`
/** States in which something is under way. */
const MOVING = new Set(['Pending', 'Pausing', 'Stopping'])
/** States in which there is a sandbox, or will be. */
const ACTIVE = ['Pending', 'Running', 'Pausing', 'Paused', 'Stopping']
const LOOK_EVERY = 300

/** Active instances, of one group or of all, without passwords. */
export async function activeRows(backend: Backend, group: string | null): Promise<Row[]> {
  const filter = { states: ACTIVE, group }
  const rows: Row[] = []
  for (let page = 1; ; page++) {
    const { instances } = await backend.ask<{ instances: { total: number; items: Row[] } }>(PAGE, { page, filter })
    rows.push(...instances.items)
    if (instances.items.length === 0 || rows.length >= instances.total) return rows
  }
}

/** The instances with these ids, as they are now, with their passwords. */
export async function rowsOf(backend: Backend, ids: readonly string[]): Promise<Row[]> {
  const fields = 'id group username state url publicUrl domainUrl password reason notice'
  const rows: Row[] = []
  for (const id of ids) {
    const { instance } = await backend.ask<{ instance: Row }>(`query ($id: ID!) { instance(id: $id) { ${fields} } }`, {
      id,
    })
    rows.push(instance)
  }
  return rows
}

/**
 * Waits until nothing is under way with these instances.
 * @param tell told of each look: how many are through
 */
export async function settled(
  backend: Backend,
  ids: readonly string[],
  tell: (done: number) => void = () => undefined,
): Promise<void> {
  const waiting = new Set(ids)
  for (;;) {
    const moving = new Set(
      (await activeRows(backend, null)).filter(({ state }) => MOVING.has(state)).map(({ id }) => id),
    )
    for (const id of waiting) if (!moving.has(id)) waiting.delete(id)
    tell(ids.length - waiting.size)
    if (waiting.size === 0) return
    await sleep(LOOK_EVERY)
  }
}

/** A line that shows how far something is, drawn anew in its place; nothing where there is no terminal. */
export function progressBar(what: string, total: number): { show(done: number): void; end(): void } {
  const { stderr } = process
  const width = 30
  return {
    show: (done) => {
      if (!stderr.isTTY) return
      const full = Math.round((width * done) / Math.max(total, 1))
      stderr.write(`\r${what} [${'█'.repeat(full)}${'░'.repeat(width - full)}] ${done} of ${total}`)
    },
    end: () => void (stderr.isTTY && stderr.write('\r\x1b[K')),
  }
}
