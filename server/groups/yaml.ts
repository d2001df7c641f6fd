/**
 * Groups files: YAML (or JSON, its subset) with `groups:` a map from group name to a list of users, or to
 * `{users, title, event_id}`; a user is a name or `{name, email}`; `event_id` and `title` at the top name the event.
 * What is exported reads back as the same.
 */
import {
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  stringify,
  type Document,
  type Node,
  type Pair,
  type YAMLMap,
} from 'yaml'
import type { z } from 'zod'
import { InvalidInput, type FieldError } from '../core/errors.ts'
import { name } from '../core/input.ts'
import { eventId, title, userInput, type FileGroup, type FileUser, type GroupsFile } from './model.ts'

/** Longest file that is read, in characters. */
const LONGEST = 1_048_576
/** Faults told at once. */
const MOST_FAULTS = 100

/**
 * Reads a groups file.
 * @throws InvalidInput with every fault and its line and column
 */
export function parseGroups(text: string): GroupsFile {
  if (text.length > LONGEST) throw new InvalidInput([{ field: 'yaml', message: 'must be at most 1 MiB' }])
  return new GroupsReader(text.replace(/^\uFEFF/, '')).read()
}

class GroupsReader {
  readonly #lines = new LineCounter()
  readonly #document: Document.Parsed
  readonly #faults: FieldError[] = []
  #moreFaults = 0
  readonly #groups = new Set<string>()
  readonly #events = new Set<string>()

  constructor(text: string) {
    // The library would look for double keys in quadratic time: minutes for the longest file.
    this.#document = parseDocument(text, { lineCounter: this.#lines, uniqueKeys: false, prettyErrors: false })
  }

  read(): GroupsFile {
    for (const error of this.#document.errors) this.#fault(error.pos[0], error.message.split('\n')[0] ?? error.message)
    this.#refuseFaults()
    const file = this.#file()
    this.#refuseFaults()
    return file
  }

  #refuseFaults(): void {
    if (this.#faults.length === 0) return
    const more = { field: 'yaml', message: `and ${this.#moreFaults} more faults` }
    throw new InvalidInput(this.#moreFaults > 0 ? [...this.#faults, more] : this.#faults)
  }

  #file(): GroupsFile {
    const root = this.#document.contents as Node | null
    if (!isMap(root)) {
      this.#fault(root, 'must be a map with "groups:" in it')
      return { events: [], groups: [] }
    }
    this.#uniqueKeys(root)
    const file: GroupsFile = { events: [], groups: [] }
    const event = this.#text(root, 'event_id', eventId)
    const heading = this.#text(root, 'title', title)
    if (event) this.#event(file, root, event, heading)
    this.#moreEvents(root, file)
    const groups = root.get('groups', true)
    if (!isMap(groups)) this.#fault(groups ?? root, 'groups must be a map from group name to users')
    else for (const pair of groups.items) this.#group(pair as Pair<Node, Node | null>, event ?? undefined, file)
    return file
  }

  /** `events:` holds the titles of further events, in an export of several. */
  #moreEvents(root: YAMLMap, file: GroupsFile): void {
    const events = root.get('events', true)
    if (events === undefined) return
    if (!isMap(events)) return this.#fault(events as Node, 'events must be a map from event_id to {title}')
    for (const { key, value } of events.items as Pair<Node, Node | null>[]) {
      const id = this.#scalar(key, eventId, 'event_id')
      if (isMap(value)) this.#uniqueKeys(value)
      const heading = isMap(value) ? this.#text(value, 'title', title) : undefined
      if (id) this.#event(file, key, id, heading)
    }
  }

  #event(file: GroupsFile, at: Node, id: string, heading: string | null | undefined): void {
    if (this.#events.has(id)) return this.#fault(at, `event ${id} is there twice`)
    this.#events.add(id)
    file.events.push({ eventId: id, ...(heading !== undefined && { title: heading }) })
  }

  #group(pair: Pair<Node, Node | null>, fileEvent: string | undefined, file: GroupsFile): void {
    const groupName = this.#scalar(pair.key, name, 'group name')
    if (groupName === undefined) return
    if (this.#groups.has(groupName)) return this.#fault(pair.key, `group ${groupName} is there twice`)
    this.#groups.add(groupName)
    const group: FileGroup = { name: groupName, users: [] }
    if (fileEvent) group.eventId = fileEvent
    const body = pair.value
    if (isMap(body)) this.#groupBody(body, group, file)
    else this.#users(body, group)
    file.groups.push(group)
  }

  #groupBody(body: YAMLMap, group: FileGroup, file: GroupsFile): void {
    this.#uniqueKeys(body)
    const heading = this.#text(body, 'title', title)
    if (heading !== undefined) group.title = heading
    const event = this.#text(body, 'event_id', eventId)
    if (event) {
      group.eventId = event
      if (!this.#events.has(event)) this.#event(file, body, event, undefined)
    }
    this.#users(body.get('users', true) as Node | null | undefined, group)
  }

  #users(node: Node | null | undefined, group: FileGroup): void {
    if (node === null || node === undefined || (isScalar(node) && node.value === null)) return
    if (!isSeq(node)) return this.#fault(node, `users of ${group.name} must be a list`)
    const known = new Set<string>()
    for (const item of node.items as Node[]) {
      const user = this.#user(item)
      if (!user) continue
      if (known.has(user.name)) this.#fault(item, `user ${user.name} is in ${group.name} twice`)
      else group.users.push(user)
      known.add(user.name)
    }
  }

  #user(node: Node): FileUser | undefined {
    if (!isMap(node)) {
      const plain = this.#scalar(node, name, 'user name')
      return plain === undefined ? undefined : { name: plain }
    }
    this.#uniqueKeys(node)
    const key = node.has('name') ? 'name' : 'username'
    const userName = this.#text(node, key, name)
    const email = this.#text(node, 'email', userInput.shape.email)
    if (userName) return { name: userName, ...(email !== undefined && { email }) }
    if (!isScalar(node.get(key, true)) || node.get(key) === null) this.#fault(node, 'a user needs a name')
    return undefined
  }

  #uniqueKeys(map: YAMLMap): void {
    const known = new Set<string>()
    for (const { key } of map.items as Pair<Node, unknown>[]) {
      const text = isScalar(key) ? String(key.value) : ''
      if (known.has(text)) this.#fault(key, `${text} is there twice`)
      known.add(text)
    }
  }

  /** A value of a map, checked; undefined when it is not there or broke its rule (which is noted). */
  #text<T>(map: YAMLMap, key: string, rule: z.ZodType<T>): T | undefined {
    const node = map.get(key, true) as Node | undefined
    if (node === undefined || (isScalar(node) && node.value === null)) return undefined
    return this.#scalar(node, rule, key)
  }

  #scalar<T>(node: Node, rule: z.ZodType<T>, what: string): T | undefined {
    // Names such as 2026 or yes are numbers and booleans to YAML; people mean what they wrote.
    const raw = isScalar(node) ? (typeof node.value === 'string' ? node.value : (node.source ?? node.value)) : undefined
    if (raw === undefined || raw === null) {
      this.#fault(node, `${what} must be text`)
      return undefined
    }
    const parsed = rule.safeParse(String(raw))
    if (parsed.success) return parsed.data
    this.#fault(node, `${what} ${parsed.error.issues[0]?.message ?? 'is not allowed'}`)
    return undefined
  }

  #fault(at: Node | number | null | undefined, message: string): void {
    if (this.#faults.length === MOST_FAULTS) return void (this.#moreFaults += 1)
    const offset = typeof at === 'number' ? at : (at?.range?.[0] ?? 0)
    const { line, col } = this.#lines.linePos(offset)
    this.#faults.push({ field: 'yaml', message: `line ${line || 1}, column ${col || 1}: ${message}` })
  }
}

/** Writes a groups file that `parseGroups` reads back as the same. Maps, since objects would put 9 before alpha. */
export function formatGroups(file: GroupsFile): string {
  const [first, ...others] = file.events
  // With groups outside of every event the event cannot be the file's: each group names its own.
  const main = file.groups.every((group) => group.eventId !== undefined) ? first : undefined
  const listed = main ? others : file.events
  return stringify({
    ...(main && { event_id: main.eventId, ...(main.title && { title: main.title }) }),
    ...(listed.length > 0 && { events: new Map(listed.map((event) => [event.eventId, titled(event)])) }),
    groups: new Map(file.groups.map((group) => [group.name, formatGroup(group, main?.eventId)])),
  })
}

function titled({ title }: { title?: string | null }): object {
  return title ? { title } : {}
}

function formatGroup(group: FileGroup, fileEvent: string | undefined): unknown {
  const users = group.users.map((user) => (user.email ? { name: user.name, email: user.email } : user.name))
  const ownEvent = group.eventId !== fileEvent ? group.eventId : undefined
  if (!group.title && !ownEvent) return users
  return { ...(group.title && { title: group.title }), ...(ownEvent && { event_id: ownEvent }), users }
}
