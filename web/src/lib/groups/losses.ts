import { isActive, tallyOf } from './tally.ts'
import type { ListedGroup, ListedUser } from './types.ts'

/** What deleting a group deletes and stops, in a sentence. */
export function lossOf({ users }: ListedGroup): string {
  if (users.length === 0) return 'This group has no users.'
  const { active } = tallyOf(users)
  const people = users.length === 1 ? 'Its 1 user will be deleted' : `Its ${users.length} users will be deleted`
  return `${people}${stops(active)}.`
}

/** What deleting a user deletes and stops, in a sentence. */
export function lossOfUser({ username, instance }: ListedUser, { name }: ListedGroup): string {
  return `${username} will be deleted from ${name}${stops(isActive(instance?.state) ? 1 : 0)}.`
}

function stops(active: number): string {
  if (active === 0) return ''
  return active === 1 ? ', and 1 active sandbox stopped' : `, and ${active} active sandboxes stopped`
}
