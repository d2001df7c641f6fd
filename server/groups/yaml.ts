/**
 * Groups files: YAML (or JSON, its subset) with `groups:` a map from group name to a list of users, or to
 * `{users, title, event_id}`; a user is a name or `{name, email}`; `event_id` and `title` at the top name the event.
 * `parseGroups` reads what `formatGroups` writes back as the same.
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
  type Scalar,
  type YAMLMap,
} from 'yaml'
import type { z } from 'zod'
import { InvalidInput, type FieldError } from '../core/errors.ts'
import { name } from '../core/input.ts'
import { eventId, title, userInput, type FileGroup, type FileUser, type GroupsFile } from './model.ts'

/** In characters. */
const LONGEST = 1_048_576
/** More than these are only counted. */
const MOST_PROBLEMS = 100

/**
 * Reads a groups file.
 * @throws InvalidInput with every problem, its line and its column
 */
export function parseGroups(text: string): GroupsFile {
  if (text.length > LONGEST) throw new InvalidInput([{ field: 'yaml', message: 'must be at most 1 MiB' }])
  return new GroupsReader(text.replace(/^\uFEFF/, '')).read()
}

class GroupsReader {
  readonly #lines = new LineCounter()
  readonly #document: Document.Parsed
  readonly #problems: FieldError[] = []
  #unlisted = 0
  readonly #groups = new Set<string>()
  readonly #events = new Set<string>()

  constructor(text: string) {
    // The library looks for duplicate keys in quadratic time: minutes for the longest file.
    this.#document = parseDocument(text, { lineCounter: this.#lines, uniqueKeys: false, prettyErrors: false })
  }

  read(): GroupsFile {
    for (const error of this.#document.errors)
      this.#problem(error.pos[0], error.message.split('\n')[0] ?? error.message)
    this.#throwProblems()
    const file = this.#file()
    this.#throwProblems()
    return file
  }

  #throwProblems(): void {
    if (this.#problems.length === 0) return
    const more = { field: 'yaml', message: `and ${this.#unlisted} more problems` }
    throw new InvalidInput(this.#unlisted > 0 ? [...this.#problems, more] : this.#problems)
  }

  #file(): GroupsFile {
    const root: Node | null = this.#document.contents
    if (!isMap(root)) {
      this.#problem(root, 'the file must be a map with a "groups:" key')
      return { events: [], groups: [] }
    }
    this.#uniqueKeys(root)
    const file: GroupsFile = { events: [], groups: [] }
    const event = this.#text(root, 'event_id', eventId)
    const heading = this.#text(root, 'title', title)
    if (event) this.#event(file, root, event, heading)
    this.#moreEvents(root, file)
    const groups = root.get('groups', true)
    if (!isMap(groups)) this.#problem(groups ?? root, 'groups must be a map from group name to users')
    else for (const pair of groups.items) this.#group(pair as Pair<Node, Node | null>, event, file)
    return file
  }

  /** `events:` has the titles of further events, in an export of several. */
  #moreEvents(root: YAMLMap, file: GroupsFile): void {
    const events = root.get('events', true)
    if (events === undefined) return
    if (!isMap(events)) {
      this.#problem(events, 'events must be a map from event_id to {title}')
      return
    }
    for (const { key, value } of events.items as Pair<Node, Node | null>[]) {
      const id = this.#scalar(key, eventId, 'event_id')
      if (isMap(value)) this.#uniqueKeys(value)
      const heading = isMap(value) ? this.#text(value, 'title', title) : undefined
      if (id) this.#event(file, key, id, heading)
    }
  }

  #event(file: GroupsFile, at: Node, id: string, heading: string | null | undefined): void {
    if (this.#events.has(id)) {
      this.#problem(at, `event ${id} is listed twice`)
      return
    }
    this.#events.add(id)
    file.events.push({ eventId: id, ...(heading !== undefined && { title: heading }) })
  }

  #group(pair: Pair<Node, Node | null>, fileEvent: string | undefined, file: GroupsFile): void {
    const groupName = this.#scalar(pair.key, name, 'group name')
    if (groupName === undefined) return
    if (this.#groups.has(groupName)) {
      this.#problem(pair.key, `group ${groupName} is listed twice`)
      return
    }
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
    this.#users(body.get('users', true), group)
  }

  #users(node: Node | null | undefined, group: FileGroup): void {
    if (node === null || node === undefined || (isScalar(node) && node.value === null)) return
    if (!isSeq(node)) {
      this.#problem(node, `users of ${group.name} must be a list`)
      return
    }
    const known = new Set<string>()
    for (const item of node.items as Node[]) {
      const user = this.#user(item)
      if (!user) continue
      if (known.has(user.name)) this.#problem(item, `user ${user.name} is listed twice in ${group.name}`)
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
    if (!isScalar(node.get(key, true)) || node.get(key) === null) this.#problem(node, 'a user needs a name')
    return undefined
  }

  #uniqueKeys(map: YAMLMap): void {
    const known = new Set<string>()
    for (const { key } of map.items as Pair<Node>[]) {
      const text = isScalar(key) ? String(key.value) : ''
      if (known.has(text)) this.#problem(key, `the key ${text} is listed twice`)
      known.add(text)
    }
  }

  /** A value of a map; undefined when it is missing, or broke its rule, which is then a problem. */
  #text<T>(map: YAMLMap, key: string, rule: z.ZodType<T>): T | undefined {
    const node = map.get(key, true) as Node | undefined
    if (node === undefined || (isScalar(node) && node.value === null)) return undefined
    return this.#scalar(node, rule, key)
  }

  #scalar<T>(node: Node, rule: z.ZodType<T>, what: string): T | undefined {
    const raw = isScalar(node) ? writtenText(node) : undefined
    if (raw === undefined) {
      this.#problem(node, `${what} must be text`)
      return undefined
    }
    const parsed = rule.safeParse(raw)
    if (parsed.success) return parsed.data
    this.#problem(node, `${what} ${parsed.error.issues[0]?.message ?? 'is not allowed'}`)
    return undefined
  }

  #problem(at: Node | number | null | undefined, message: string): void {
    if (this.#problems.length === MOST_PROBLEMS) {
      this.#unlisted += 1
      return
    }
    const offset = typeof at === 'number' ? at : (at?.range?.[0] ?? 0)
    const { line, col } = this.#lines.linePos(offset)
    this.#problems.push({ field: 'yaml', message: `line ${line || 1}, column ${col || 1}: ${message}` })
  }
}

/** Names such as 2026 or yes are numbers and booleans to YAML; people mean the text that they wrote. */
function writtenText({ value, source }: Scalar): string | undefined {
  if (typeof value === 'string') return value
  return source ?? (typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined)
}

/** Writes a groups file. It uses maps, since objects would put a group 9 before a group alpha. */
export function formatGroups(file: GroupsFile): string {
  const [first, ...others] = file.events
  // The event of the file would count for groups without an event, too. With such groups, each group names its own.
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
