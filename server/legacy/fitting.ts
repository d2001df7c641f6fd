import { z } from 'zod'
import { isName, NAME_RULE } from '../core/names.ts'
import type { LegacyChange, LegacyDump } from './model.ts'

/** An event as it is imported. */
interface FitEvent {
  eventId: string
  title: string | null
}

/** A group as it is imported. Two of the same name become one, with the users of both. */
interface FitGroup {
  name: string
  title: string | null
  eventId: string | null
}

/** A user as they are imported. */
export interface FitUser {
  group: string
  username: string
  email: string | null
  workspacePath: string | null
  storagePath: string | null
}

/** What can be imported, and what is skipped: the Python system checked little of what it stored. */
export interface Fit {
  events: FitEvent[]
  groups: FitGroup[]
  users: FitUser[]
  skipped: LegacyChange[]
}

const EMAIL = z.email({ pattern: z.regexes.html5Email }).max(254)
const NO_CONTROL = /^[^\p{Cc}]*$/u
const EVENT_RULE = 'must be 1 to 100 characters, none of them a control character'
const TITLE_RULE = 'must be at most 200 characters'
const PATH_RULE = 'must be at most 1024 characters, none of them a control character'

/** Keeps what THON accepts, and lists the rest with reasons. */
export function fitting(dump: LegacyDump): Fit {
  const skips = new Skips()
  const events = fitEvents(dump, skips)
  const { groups, names } = fitGroups(dump, events, skips)
  const users = fitUsers(dump, names, skips)
  for (const { group, username, state } of dump.sandboxes)
    if (/^(running|paused|pending)$/i.test(state ?? ''))
      skips.add(
        'sandbox',
        `${group ?? ''}/${username ?? ''}`,
        'it still runs in the Python system: stop it there, then start it here',
      )
  return {
    ...{ events: [...events.values()], groups: [...groups.values()], users: [...users.values()] },
    skipped: skips.changes,
  }
}

/** What is skipped. */
class Skips {
  readonly changes: LegacyChange[] = []

  add(kind: LegacyChange['kind'], name: string, detail: string): void {
    this.changes.push({ kind, name, action: 'skip', detail })
  }

  /** A title that THON accepts; otherwise null, and reported. */
  title(kind: 'event' | 'group', name: string, title: string | null | undefined): string | null {
    const text = title?.trim() ?? ''
    if (text.length <= 200 && !text.includes('\0')) return text || null
    this.add(kind, name, `its title ${TITLE_RULE}; imported without a title`)
    return null
  }

  /** As `title`, for a path. */
  path(user: string, path: string | null | undefined): string | null {
    const text = path?.trim() ?? ''
    if (text.length <= 1024 && NO_CONTROL.test(text) && text.isWellFormed()) return text || null
    this.add('workspace', user, `a path ${PATH_RULE}`)
    return null
  }

  /** As `title`, for an e-mail address. */
  email(user: string, email: string | null | undefined): string | null {
    const text = email?.trim() ?? ''
    if (text === '' || EMAIL.safeParse(text).success) return text || null
    this.add('user', user, `${text} is not an e-mail address; imported without one`)
    return null
  }
}

function fitEvents(dump: LegacyDump, skips: Skips): Map<string, FitEvent> {
  const events = new Map<string, FitEvent>()
  for (const { event_id, title } of dump.events) {
    const eventId = event_id?.trim() ?? ''
    if (eventId.length < 1 || eventId.length > 100 || !NO_CONTROL.test(eventId))
      skips.add('event', eventId, `its event_id ${EVENT_RULE}`)
    else if (events.has(eventId)) skips.add('event', eventId, 'another event has this event_id')
    else events.set(eventId, { eventId, title: skips.title('event', eventId, title) })
  }
  return events
}

/** @returns groups by name, and their names by their ids in the Python system */
function fitGroups(dump: LegacyDump, events: Map<string, FitEvent>, skips: Skips) {
  const groups = new Map<string, FitGroup>()
  const names = new Map<string, string>()
  for (const { id, name: written, title, event_id } of dump.groups) {
    const name = written?.trim() ?? ''
    if (!isName(name)) {
      skips.add('group', written ?? id, `its name ${NAME_RULE}`)
      continue
    }
    names.set(id, name)
    const eventId = event_id && events.has(event_id.trim()) ? event_id.trim() : null
    if (groups.has(name))
      skips.add('group', name, 'another group has this name; their users are imported into one group')
    else groups.set(name, { name, title: skips.title('group', name, title), eventId })
  }
  return { groups, names }
}

function fitUsers(dump: LegacyDump, names: Map<string, string>, skips: Skips): Map<string, FitUser> {
  const users = new Map<string, FitUser>()
  for (const { group_id, username: written, email, workspace_path, storage_path } of dump.users) {
    const group = names.get(group_id ?? '')
    const username = written?.trim() ?? ''
    const label = `${group ?? group_id ?? ''}/${username}`
    if (group === undefined) skips.add('user', label, 'their group is skipped')
    else if (!isName(username)) skips.add('user', label, `their name ${NAME_RULE}`)
    else if (users.has(label)) skips.add('user', label, 'another user of the group has this name')
    else
      users.set(label, {
        ...{ group, username, email: skips.email(label, email) },
        ...{ workspacePath: skips.path(label, workspace_path), storagePath: skips.path(label, storage_path) },
      })
  }
  return users
}
