import { z } from 'zod'
import { isName, NAME_RULE } from '../names.ts'
import type { LegacyChange, LegacyDump } from './model.ts'

/** A group as it is brought over. Of two with one name the users are together. */
export interface FitGroup {
  name: string
  title: string | null
  eventId: string | null
}

/** A user as they are brought over. */
export interface FitUser {
  group: string
  username: string
  email: string | null
  workspacePath: string | null
  storagePath: string | null
}

/** What can be brought over, and what cannot: the Python system checked little of what it stored. */
export interface Fit {
  events: { eventId: string; title: string | null }[]
  groups: FitGroup[]
  users: FitUser[]
  skipped: LegacyChange[]
}

const EMAIL = z.email({ pattern: z.regexes.html5Email }).max(254)
const NO_CONTROL = /^[^\p{Cc}]*$/u
const EVENT_RULE = 'must be 1 to 100 characters, none of them a control character'
const TITLE_RULE = 'must be at most 200 characters'
const PATH_RULE = 'must be at most 1024 characters, none of them a control character'

/** Sorts out what THON cannot have, with the reasons. */
export function fitting(dump: LegacyDump): Fit {
  const skipped: LegacyChange[] = []
  const skip = (kind: LegacyChange['kind'], name: string, detail: string) =>
    void skipped.push({ kind, name, action: 'skip', detail })
  const titleOf = (kind: 'event' | 'group', name: string, title: string | null | undefined) => {
    const text = title?.trim() ?? ''
    if (text.length <= 200 && !text.includes('\0')) return text || null
    return skip(kind, name, `its title ${TITLE_RULE}; it comes without`) ?? null
  }

  const events = new Map<string, { eventId: string; title: string | null }>()
  for (const { event_id, title } of dump.events) {
    const eventId = event_id?.trim() ?? ''
    if (eventId.length < 1 || eventId.length > 100 || !NO_CONTROL.test(eventId))
      skip('event', eventId, `its event_id ${EVENT_RULE}`)
    else if (events.has(eventId)) skip('event', eventId, 'there are two of that event_id')
    else events.set(eventId, { eventId, title: titleOf('event', eventId, title) })
  }

  const groups = new Map<string, FitGroup>()
  const names = new Map<string, string>()
  for (const { id, name: written, title, event_id } of dump.groups) {
    const name = written?.trim() ?? ''
    if (!isName(name)) {
      skip('group', written ?? id, `its name ${NAME_RULE}`)
      continue
    }
    names.set(id, name)
    const eventId = event_id && events.has(event_id.trim()) ? event_id.trim() : null
    if (groups.has(name)) skip('group', name, 'there are two of that name; their users are in one')
    else groups.set(name, { name, title: titleOf('group', name, title), eventId })
  }

  const users = new Map<string, FitUser>()
  for (const { group_id, username: written, email, workspace_path, storage_path } of dump.users) {
    const group = names.get(group_id ?? '')
    const username = written?.trim() ?? ''
    const label = `${group ?? group_id ?? ''}/${username}`
    if (group === undefined) skip('user', label, 'their group is not brought over')
    else if (!isName(username)) skip('user', label, `their name ${NAME_RULE}`)
    else if (users.has(label)) skip('user', label, 'there are two of that name in the group')
    else {
      const address = email?.trim() || null
      const isGood = address === null || EMAIL.safeParse(address).success
      if (!isGood) skip('user', label, `${address} is no e-mail address; they come without`)
      const pathOf = (text: string | null | undefined) => {
        const path = text?.trim() || null
        if (path === null || (path.length <= 1024 && NO_CONTROL.test(path) && path.isWellFormed())) return path
        return skip('workspace', label, `a path ${PATH_RULE}`) ?? null
      }
      users.set(label, {
        ...{ group, username, email: isGood ? address : null },
        ...{ workspacePath: pathOf(workspace_path), storagePath: pathOf(storage_path) },
      })
    }
  }

  for (const { group, username, state } of dump.sandboxes)
    if (/^(running|paused|pending)$/i.test(state ?? ''))
      skip('sandbox', `${group ?? ''}/${username ?? ''}`, 'it runs there still: end it there, then start it here')

  return { events: [...events.values()], groups: [...groups.values()], users: [...users.values()], skipped }
}
