import { authorize, authorizeOne, can } from '../core/permissions.ts'
import { randomBytes } from 'node:crypto'
import type { ActivityService } from '../activity/service.ts'
import { system, type Viewer } from '../core/viewer.ts'
import type { Db } from '../db/client.ts'
import { Conflict, InvalidInput, NotFound, Unavailable } from '../core/errors.ts'
import type { Change, Channel, Events, Ready } from '../core/events.ts'
import { parse } from '../core/input.ts'
import type { Instance } from '../../prisma/generated/client/client.ts'
import { EngineAway, EngineRefused, type EngineKind, type SandboxEngine } from '../engine/engine.ts'
import type { EngineStatus } from '../engine/watcher.ts'
import type { InstanceController } from './sync/controller.ts'
import { canDo, intentOf, isActive, isSettled, type Command, type Verdict } from './sync/lifecycle.ts'
import {
  BULK_LIMIT,
  bulkInput,
  createInput,
  labelOf,
  listInput,
  registerInput,
  renewInput,
  startOptions,
  type InstanceRow,
  type StartOptions,
} from './model.ts'
import { listInstances, type InstancePage } from './list.ts'
import type { FilesFor } from './sync/launcher.ts'
import { inLots, settle, type Result } from './bulk.ts'
import type { InstanceRepository } from './repository.ts'

/** Sandboxes that are given files at the same time. */
const AT_ONCE = 8

/** The person and files a new instance is for. */
export interface Person {
  group: string
  username: string
  userId: string | null
  volume: string
}

/** What the service needs of its surroundings. */
export interface InstancesDeps {
  db: Db
  events: Events
  store: InstanceRepository
  conductor: InstanceController
  engine: SandboxEngine
  engineStatus: () => EngineStatus
  activity: ActivityService
  image: string
  ttlMinutes: number | null
  /** How code-server runs for people who are known, unless a start says otherwise. */
  vscode: { port: number; secure: boolean }
  /** Who lives under these names: a user of the database, or nobody yet. */
  personOf: (group: string, username: string) => Promise<Person>
  /** What goes into a sandbox; never throws. */
  filesFor: (row: InstanceRow, keysOnly: boolean) => Promise<FilesFor>
}

/** Instances: what is there, and every command on them. */
export class InstancesService {
  readonly #parts: InstancesDeps

  constructor(parts: InstancesDeps) {
    this.#parts = parts
  }

  /** Searches, filters, sorts and pages. @throws InvalidInput */
  async list(viewer: Viewer, raw: unknown = {}): Promise<InstancePage> {
    authorize(viewer, 'instances.see')
    return listInstances(this.#parts.db, parse(listInput, raw), viewer.role === 'organizer' ? null : viewer.userIds)
  }

  /** @throws NotFound; Unavailable instead while the engine is away, which may have a sandbox not seen yet */
  async get(viewer: Viewer, id: string): Promise<InstanceRow> {
    authorize(viewer, 'instances.see')
    const row = await this.#parts.store.find(id)
    if (row && can(viewer, 'instances.see', [row.userId])) return row
    this.assertEngine()
    throw new NotFound(`Instance ${id} not found`)
  }

  /** Every change from now on, after one READY. */
  changes(viewer: Viewer): Channel<Change<Instance> | Ready> {
    authorize(viewer, 'instances.see')
    return this.#parts.events.changes('instance', ({ row }) => can(viewer, 'instances.see', [row.userId]))
  }

  /** Its place among the waiting starts, 1 being next; null when it does not wait. */
  queuePlace(id: string): number | null {
    return this.#parts.conductor.queue.place(id)
  }

  /** What a slow start is at, in words. */
  progress(id: string): string | null {
    return this.#parts.conductor.progress(id)
  }

  /** The last lines its sandbox printed: from the engine while there is a sandbox, else those kept when it failed. */
  async logs(row: InstanceRow, lines: number): Promise<string> {
    const sandbox = this.#parts.conductor.seen(row.id)
    const live = sandbox ? await this.#parts.engine.logs(sandbox.ref, lines).catch(() => '') : ''
    return live || (row.logTail ?? '')
  }

  /**
   * Starts a sandbox for one person.
   * @throws InvalidInput, Conflict (the person has one), Unavailable (no engine)
   */
  async create(viewer: Viewer, raw: unknown): Promise<InstanceRow> {
    authorize(viewer, 'instances.manage')
    const input = parse(createInput, raw)
    const target = { kind: 'instance', id: null, label: labelOf(input) } as const
    return this.#parts.activity.recording(viewer, 'create', target, async () => {
      this.assertEngine()
      return this.#add(await this.#parts.personOf(input.group, input.username), input)
    })
  }

  /**
   * Starts sandboxes for people, side by side: one result each, in their order; who has one is refused, not an error.
   * @param raw `StartOptions`, for all of them
   * @throws InvalidInput, Unavailable
   */
  async startMany(viewer: Viewer, people: Person[], raw: unknown = {}): Promise<Result<InstanceRow>[]> {
    const options = parse(startOptions, raw)
    for (const { userId } of people) authorizeOne(viewer, 'instances.start', [userId], `User ${userId} not found`)
    this.assertEngine()
    const results = await Promise.all(
      people.map((person) =>
        settle(person.userId ?? labelOf(person), () =>
          this.#add(person, createInput.parse({ ...this.#parts.vscode, ...options, ...person })),
        ),
      ),
    )
    await this.#parts.activity.add(
      ...results.map(({ row, error }, index) => ({
        actor: viewer,
        action: 'start',
        target: { kind: 'instance', id: row?.id ?? null, label: labelOf(people[index] as Person) } as const,
        outcome: error ? ('refused' as const) : ('done' as const),
        detail: error?.message,
      })),
    )
    return results
  }

  /** Suspends its processes. Settles as Paused. @throws NotFound, Conflict, Unavailable */
  pause(viewer: Viewer, id: string): Promise<InstanceRow> {
    return this.#command(viewer, id, 'pause')
  }

  /** Lets a paused one go on. @throws NotFound, Conflict, Unavailable */
  resume(viewer: Viewer, id: string): Promise<InstanceRow> {
    return this.#command(viewer, id, 'resume')
  }

  /** Stops and starts it in place. @throws NotFound, Conflict, Unavailable */
  restart(viewer: Viewer, id: string): Promise<InstanceRow> {
    return this.#command(viewer, id, 'restart')
  }

  /** Ends it; its volume stays. @throws NotFound, Conflict, Unavailable */
  kill(viewer: Viewer, id: string): Promise<InstanceRow> {
    return this.#command(viewer, id, 'kill')
  }

  /**
   * A new instance in place of this one, with the same volume, port and password. One that is active is ended first.
   * @throws NotFound, Conflict, Unavailable
   */
  async recreate(viewer: Viewer, id: string): Promise<InstanceRow> {
    authorize(viewer, 'instances.manage')
    const row = await this.#parts.store.find(id)
    if (!row) throw new NotFound(`Instance ${id} not found`)
    return this.#parts.activity.recording(viewer, 'recreate', targetOf(row), async () => {
      this.#assertLegal(row, 'recreate')
      if (isActive(row.state)) await this.#end(row)
      const { group, username, userId, volume, port, secure, password } = row
      return this.#add({ group, username, userId, volume }, { port, secure }, password)
    })
  }

  /** Says whose it is: for sandboxes that were started under other names. @throws InvalidInput, NotFound, Conflict, Unavailable */
  async register(viewer: Viewer, id: string, raw: unknown): Promise<InstanceRow> {
    authorize(viewer, 'instances.manage')
    const names = parse(registerInput, raw)
    const row = await this.get(viewer, id)
    return this.#parts.activity.recording(viewer, `register to ${labelOf(names)}`, targetOf(row), async () => {
      if (!isActive(row.state)) throw new Conflict(`Cannot register instance ${id}: it is ${row.state}.`)
      const { userId } = await this.#parts.personOf(names.group, names.username)
      return (await this.#parts.store.rename(row, { ...names, userId })) ?? this.get(viewer, id)
    })
  }

  /** As `register`, one result per id in their order; one that fails keeps no other back. */
  registerMany(
    viewer: Viewer,
    mappings: { id: string; group: string; username: string }[],
  ): Promise<Result<InstanceRow>[]> {
    authorize(viewer, 'instances.manage')
    return Promise.all(mappings.map(({ id, ...names }) => settle(id, () => this.register(viewer, id, names))))
  }

  /** The names its sandbox was made for, which stay with it when it is registered to others. */
  madeFor(row: InstanceRow): { group: string; username: string } {
    return this.#parts.conductor.seen(row.id) ?? row
  }

  /** Lets it live for so many minutes from now. @throws InvalidInput, NotFound, Conflict */
  async renew(viewer: Viewer, id: string, raw: unknown): Promise<InstanceRow> {
    authorize(viewer, 'instances.manage')
    const { timeoutMinutes } = parse(renewInput, raw)
    const row = await this.get(viewer, id)
    return this.#parts.activity.recording(viewer, 'renew', targetOf(row), async () => {
      if (!canDo(row.state, 'renew')) throw illegal(row, 'renew')
      const renewed = await this.#parts.store.amend(row, { expiresAt: minutesFromNow(timeoutMinutes) })
      return renewed ?? this.get(viewer, id)
    })
  }

  /** One command on many: one result per id, in their order; one that fails keeps no other back. @throws InvalidInput */
  async bulk(
    viewer: Viewer,
    raw: { command: 'pause' | 'resume' | 'kill'; ids: string[] },
  ): Promise<Result<InstanceRow>[]> {
    authorize(viewer, 'instances.manage')
    const { command, ids } = parse(bulkInput, raw)
    return Promise.all(ids.map((id) => settle(id, () => this.#command(viewer, id, command))))
  }

  /**
   * Gives running sandboxes the configuration files as they are stored now: one result per id, in their order. What
   * people have changed themselves is kept beside, as `<name>.bak`.
   * @param keysOnly gives only the file that has their key
   * @throws InvalidInput
   */
  async updateFiles(viewer: Viewer, ids: readonly string[], keysOnly: boolean): Promise<Result<InstanceRow>[]> {
    authorize(viewer, 'instances.manage')
    if (ids.length > BULK_LIMIT)
      throw new InvalidInput([{ field: 'ids', message: `must be at most ${BULK_LIMIT} ids` }])
    return inLots(ids, AT_ONCE, (id) => settle(id, () => this.#updateFiles(viewer, id, keysOnly)))
  }

  /**
   * Ends every active instance of a user or a group, and waits for it.
   * @throws Unavailable when one could not be ended
   */
  async endAll(viewer: Viewer, whose: { userIds: string[] }): Promise<void> {
    authorize(viewer, 'instances.manage')
    const rows = await this.#parts.db.instance.findMany({
      where: { userId: { in: whose.userIds }, activeKey: { not: null } },
    })
    if (rows.length === 0) return
    this.assertEngine()
    await Promise.all(rows.map((row) => this.#end(row)))
    await this.#parts.activity.add(
      ...rows.map((row) => ({ actor: viewer, action: 'kill', target: targetOf(row), outcome: 'done' as const })),
    )
  }

  /** Resolves with the row once nothing is under way, or as it is when the time is up. */
  async settled(id: string, seconds: number): Promise<InstanceRow | null> {
    const { events, store } = this.#parts
    const done = Promise.withResolvers<void>()
    const stop = events.on('instance', (change) => change.id === id && isSettled(change.row.state) && done.resolve())
    const timer = setTimeout(done.resolve, seconds * 1000)
    const now = await store.find(id)
    if (now && !isSettled(now.state)) await done.promise
    clearTimeout(timer)
    stop()
    return store.find(id)
  }

  /** @throws Unavailable when there is no engine to do it */
  assertEngine(engine?: string): void {
    const status = this.#parts.engineStatus()
    if (!status.connected) throw new Unavailable(`Sandbox server unavailable. ${status.message ?? ''}`.trim())
    const kind: EngineKind = this.#parts.engine.kind
    if (engine && engine !== kind)
      throw new Unavailable(
        `Sandbox server unavailable. This instance belongs to the ${engine} engine; THON now runs with ${kind}.`,
      )
  }

  async #command(viewer: Viewer, id: string, command: 'pause' | 'resume' | 'restart' | 'kill'): Promise<InstanceRow> {
    authorize(viewer, command === 'kill' ? 'instances.manage' : 'instances.operate')
    const row = await this.get(viewer, id)
    return this.#parts.activity.recording(viewer, command, targetOf(row), () => this.#intend(row, command))
  }

  async #intend(row: InstanceRow, command: 'pause' | 'resume' | 'restart' | 'kill'): Promise<InstanceRow> {
    const { store, conductor, engine } = this.#parts
    const foreign = isActive(row.state) && row.engine !== engine.kind
    if (!(foreign && command === 'kill')) this.#assertLegal(row, command)
    const verdict = foreign
      ? givenUp(row)
      : row.state === 'Failed'
        ? { state: 'Terminated' as const, reason: row.reason }
        : { state: intentOf(command), reason: null }
    const write = () => store.move(row, verdict)
    const moved = await (command === 'restart' ? conductor.restart(row.id, write) : write())
    // Another change came first: decide anew on what is true now.
    if (!moved) return this.#intend(await this.get(system, row.id), command)
    if (command !== 'restart') conductor.drive(moved)
    return moved
  }

  async #updateFiles(viewer: Viewer, id: string, keysOnly: boolean): Promise<InstanceRow> {
    const { engine, filesFor, store } = this.#parts
    const row = await this.get(viewer, id)
    return this.#parts.activity.recording(viewer, keysOnly ? 'give key' : 'update files', targetOf(row), async () => {
      this.assertEngine(row.engine)
      if (row.state !== 'Running' || row.ref === null) throw illegal(row, 'update the files of')
      const { files, notice } = await filesFor(row, keysOnly)
      await engine.update(row.ref, files).catch((error: unknown) => {
        if (error instanceof EngineRefused) throw new Conflict(error.message)
        throw error instanceof EngineAway ? new Unavailable(`Sandbox server unavailable. ${error.message}`) : error
      })
      return (await store.amend(row, { notice })) ?? this.get(viewer, id)
    })
  }

  async #end(row: InstanceRow): Promise<void> {
    try {
      if (isActive(row.state)) await this.#intend(row, 'kill')
    } catch (error) {
      // It may have ended by itself just now, which is what was wanted.
      const now = await this.#parts.store.find(row.id)
      if (now && isActive(now.state)) throw error
    }
    const ended = await this.settled(row.id, 30)
    if (ended && isActive(ended.state))
      throw new Unavailable(`Instance ${row.id} of ${labelOf(row)} could not be ended.`)
  }

  async #add(
    person: Person,
    input: StartOptions & { port: number; secure: boolean },
    password: string | null = null,
  ): Promise<InstanceRow> {
    const { store, conductor, engine, image, ttlMinutes } = this.#parts
    const { group, username, userId, volume } = person
    const ttl = input.timeoutMinutes ?? ttlMinutes
    const row = await store.add({
      ...{ group, username, userId, volume, image: input.image ?? image },
      port: input.port,
      secure: input.secure,
      password: input.secure ? (password ?? randomBytes(24).toString('base64url')) : null,
      engine: engine.kind,
      expiresAt: ttl ? minutesFromNow(ttl) : null,
      ...(input.files?.length && { files: { create: input.files } }),
    })
    conductor.drive(row)
    return row
  }

  #assertLegal(row: InstanceRow, command: Command): void {
    this.assertEngine(isActive(row.state) ? row.engine : undefined)
    if (!canDo(row.state, command)) throw illegal(row, command)
  }
}

function illegal(row: InstanceRow, command: Command | 'update the files of'): Conflict {
  return new Conflict(`Cannot ${command} instance ${row.id}: it is ${row.state}.`)
}

/** Its engine is not in use, so nobody can end it; its user must be able to start anew. If the engine returns, so does it. */
function givenUp(row: InstanceRow): Verdict {
  return { state: 'Terminated', reason: `Given up while its engine (${row.engine}) was not in use.` }
}

function minutesFromNow(minutes: number): Date {
  return new Date(Date.now() + minutes * 60_000)
}

function targetOf(row: InstanceRow) {
  return { kind: 'instance', id: row.id, label: labelOf(row) } as const
}
