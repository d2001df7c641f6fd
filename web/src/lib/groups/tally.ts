import type { InstanceState } from '#lib/graphql/generated/graphql.ts'
import type { Segment } from '#lib/ui/SegmentBar.svelte'
import { states } from '#lib/instances/states.ts'
import type { ListedGroup, ListedUser } from './types.ts'

/** The users of a group by the state of their instances. */
export interface Tally {
  users: number
  running: number
  /** Starting, and how many of those are in line. */
  starting: number
  waiting: number
  failed: number
  /** Sandboxes that a deletion would stop. */
  active: number
  /** The bar: one segment for each state that has users. */
  segments: Segment[]
}

/** The states in the bar, from good to bad. Users in no such state have nothing running. */
const shown: InstanceState[] = ['RUNNING', 'PENDING', 'PAUSING', 'PAUSED', 'STOPPING', 'FAILED']

/** Whether a sandbox exists in this state, or is being created. */
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

/** "5 running · 2 starting · 1 failed"; empty when nothing runs. */
export function summaryOf({ segments }: Tally): string {
  return segments.map(({ key, value }) => `${value} ${states[key as InstanceState].label.toLowerCase()}`).join(' · ')
}

/** "37 of 60 running, 3 starting, 1 failed, 2 skipped". */
export function progressOf(tally: Tally, skipped: number): string {
  const { users, running, starting, waiting, failed } = tally
  const queue = waiting > 0 ? ` (${waiting} in line)` : ''
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
