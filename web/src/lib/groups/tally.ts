import type { InstanceState } from '#lib/graphql/generated/graphql.ts'
import type { Segment } from '#lib/ui/SegmentBar.svelte'
import { states } from '#lib/instances/states.ts'
import type { ListedGroup, ListedUser } from './types.ts'

/** How the people of a group are doing, counted from their instances as they are now. */
export interface Tally {
  users: number
  running: number
  /** On their way to running, and how many of those wait for their turn. */
  starting: number
  waiting: number
  failed: number
  /** Instances that a deletion would have to end. */
  active: number
  /** The bar: one segment for each state there is somebody in. */
  segments: Segment[]
}

/** What is shown of what, from good to bad; whoever is in none of these has nothing running. */
const shown: InstanceState[] = ['RUNNING', 'PENDING', 'PAUSING', 'PAUSED', 'STOPPING', 'FAILED']

/** Whether a sandbox stands behind this state, or is about to. */
export function isActive(state: InstanceState | undefined): boolean {
  return state !== undefined && state !== 'TERMINATED' && state !== 'FAILED'
}

export function tallyOf(users: readonly ListedUser[]): Tally {
  const counts = new Map<InstanceState, number>()
  let waiting = 0
  for (const { instance } of users) {
    if (!instance) continue
    counts.set(instance.state, (counts.get(instance.state) ?? 0) + 1)
    if (instance.queuePlace !== null) waiting += 1
  }
  const count = (state: InstanceState) => counts.get(state) ?? 0
  return {
    users: users.length,
    running: count('RUNNING'),
    starting: count('PENDING'),
    waiting,
    failed: count('FAILED'),
    active: users.filter(({ instance }) => isActive(instance?.state)).length,
    segments: shown
      .filter((state) => count(state) > 0)
      .map((state) => ({ key: state, value: count(state), tone: states[state].tone, moving: states[state].moving })),
  }
}

/** "5 running · 2 starting · 1 failed", or that nobody is. */
export function summaryOf({ segments }: Tally): string {
  const words: Record<string, string> = { Pending: 'starting' }
  return segments.map(({ key, value }) => `${value} ${words[key] ?? key.toLowerCase()}`).join(' · ')
}

/** "37 of 60 running, 3 starting, 1 failed, 2 skipped". */
export function progressOf(tally: Tally, skipped: number): string {
  const { users, running, starting, waiting, failed } = tally
  const queue = waiting > 0 ? ` (${waiting} in the queue)` : ''
  return [
    `${running} of ${users} running`,
    starting > 0 && `${starting} starting${queue}`,
    failed > 0 && `${failed} failed`,
    skipped > 0 && `${skipped} skipped`,
  ]
    .filter(Boolean)
    .join(', ')
}

/** "3 groups · 24 users · 20 running". */
export function noteOf(groups: readonly ListedGroup[]): string {
  const users = groups.flatMap((group) => group.users)
  const { running, starting, failed } = tallyOf(users)
  return [
    `${groups.length} ${groups.length === 1 ? 'group' : 'groups'}`,
    `${users.length} ${users.length === 1 ? 'user' : 'users'}`,
    running > 0 && `${running} running`,
    starting > 0 && `${starting} starting`,
    failed > 0 && `${failed} failed`,
  ]
    .filter(Boolean)
    .join(' · ')
}
