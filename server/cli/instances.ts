import { setTimeout as sleep } from 'node:timers/promises'
import { CommandError, type Backend } from './backend.ts'

/** An instance, by its id and by the names people gave it. */
export interface InstanceRef {
  id: string
  group: string
  username: string
}

/** An instance as commands show it. */
export interface ListedInstance extends InstanceRef {
  state: State
  url: string | null
  publicUrl: string | null
  domainUrl: string | null
  password: string | null
  reason: string | null
  notice: string | null
}

/** GraphQL's states, with what people read and with the word in --json, which is REST's: scripts know it. */
const STATES = {
  PENDING: { label: 'Starting', word: 'Pending' },
  RUNNING: { label: 'Running', word: 'Running' },
  PAUSING: { label: 'Pausing', word: 'Pausing' },
  PAUSED: { label: 'Paused', word: 'Paused' },
  STOPPING: { label: 'Stopping', word: 'Stopping' },
  TERMINATED: { label: 'Stopped', word: 'Terminated' },
  FAILED: { label: 'Failed', word: 'Failed' },
} as const

type State = keyof typeof STATES

/** A state for people. */
export function stateLabel(state: State): string {
  return STATES[state].label
}

/** A state for programs, in --json. */
export function stateWord(state: State): string {
  return STATES[state].word
}

const PAGE = `query ($page: Int!, $filter: InstanceFilter) {
  instances(filter: $filter, page: { number: $page, size: 1000 }, sort: { field: GROUP }) {
    total
    items { id group: groupName username state url publicUrl domainUrl reason notice }
  }
}`
/** States in which there is a sandbox, or will be. */
const ACTIVE: readonly State[] = ['PENDING', 'RUNNING', 'PAUSING', 'PAUSED', 'STOPPING']

/** Active instances of one group, or of all groups with null. Without passwords. */
export async function activeInstances(backend: Backend, group: string | null): Promise<ListedInstance[]> {
  const filter = { states: ACTIVE, group }
  const found: ListedInstance[] = []
  for (let page = 1; ; page++) {
    const { instances } = await backend.ask<{ instances: { total: number; items: ListedInstance[] } }>(PAGE, {
      page,
      filter,
    })
    found.push(...instances.items)
    if (instances.items.length === 0 || found.length >= instances.total) return found
  }
}

/** How many instances are read at the same time. */
const CONCURRENCY = 20

/** The current instances with these ids, with their passwords. Deleted ones are left out. */
export async function instancesWithPasswords(backend: Backend, ids: readonly string[]): Promise<ListedInstance[]> {
  const found: ListedInstance[] = []
  for (let at = 0; at < ids.length; at += CONCURRENCY) {
    const some = await Promise.all(ids.slice(at, at + CONCURRENCY).map((id) => instanceWithPassword(backend, id)))
    found.push(...some.filter((one) => one !== null))
  }
  return found
}

async function instanceWithPassword(backend: Backend, id: string): Promise<ListedInstance | null> {
  const fields = 'id group: groupName username state url publicUrl domainUrl secure reason notice'
  const { instance } = await backend.ask<{ instance: (Omit<ListedInstance, 'password'> & { secure: boolean }) | null }>(
    `query ($id: ID!) { instance(id: $id) { ${fields} } }`,
    { id },
  )
  if (instance === null) return null
  const { secure, ...listed } = instance
  return { ...listed, password: secure ? await passwordOf(backend, id) : null }
}

/** Null when the instance was deleted meanwhile. */
async function passwordOf(backend: Backend, id: string): Promise<string | null> {
  try {
    const { revealInstancePassword } = await backend.ask<{ revealInstancePassword: { password: string } }>(
      'mutation ($id: ID!) { revealInstancePassword(input: { id: $id }) { password } }',
      { id },
    )
    return revealInstancePassword.password
  } catch (error) {
    if (error instanceof CommandError && error.code === 'NOT_FOUND') return null
    throw error
  }
}

/** States that change by themselves. */
const TRANSITIONAL: ReadonlySet<State> = new Set<State>(['PENDING', 'PAUSING', 'STOPPING'])
const POLL_MS = 300

/**
 * Waits until none of these instances is in a transitional state, and shows the progress on stderr, since stdout is for the result:
 * one bar at a terminal, otherwise a line for each instance.
 * @param activity what happens to them, for people
 * @param outcome what is said of an instance that is no longer active
 */
export async function waitUntilSettled(
  backend: Backend,
  instances: readonly InstanceRef[],
  activity: string,
  outcome: string,
): Promise<void> {
  const total = instances.length
  const waiting = new Map(instances.map((one) => [one.id, one]))
  const { stderr } = process
  for (;;) {
    const states = new Map((await activeInstances(backend, null)).map(({ id, state }) => [id, state]))
    for (const { id, group, username } of [...waiting.values()]) {
      const state = states.get(id)
      if (state && TRANSITIONAL.has(state)) continue
      waiting.delete(id)
      const label = state ? stateLabel(state) : outcome
      if (!stderr.isTTY) console.error(`${group}/${username}: ${label} (${total - waiting.size} of ${total})`)
    }
    if (stderr.isTTY) stderr.write(`\r${progressBar(activity, total - waiting.size, total)}`)
    if (waiting.size === 0) break
    await sleep(POLL_MS)
  }
  clearProgressBar()
}

/** Removes a progress bar from the terminal, if there is one. */
export function clearProgressBar(): void {
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
}

function progressBar(activity: string, done: number, total: number): string {
  const width = 30
  const filled = Math.round((width * done) / Math.max(total, 1))
  return `${activity} [${'█'.repeat(filled)}${'░'.repeat(width - filled)}] ${done} of ${total}`
}
