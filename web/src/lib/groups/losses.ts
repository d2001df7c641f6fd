import { isActive, tallyOf } from './tally.ts'
import type { ListedGroup, ListedUser } from './types.ts'

/** What goes with a group, in a sentence. */
export function lossOf({ users }: ListedGroup): string {
  if (users.length === 0) return 'Nobody is in this group.'
  const { active } = tallyOf(users)
  const people = users.length === 1 ? 'Its 1 user is deleted with it' : `Its ${users.length} users are deleted with it`
  return `${people}, ${endings(active)}.`
}

/** What goes with a user, in a sentence. */
export function lossOfUser({ username, instance }: ListedUser, { name }: ListedGroup): string {
  return `${username} is removed from ${name}, ${endings(isActive(instance?.state) ? 1 : 0)}.`
}

function endings(active: number): string {
  if (active === 0) return 'and no active instance has to be ended'
  return active === 1 ? 'and 1 active instance is ended first' : `and ${active} active instances are ended first`
}
