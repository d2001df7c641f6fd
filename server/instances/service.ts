import { authorize, authorizeOne, can } from '../core/permissions.ts'
import type { ActivityService } from '../activity/service.ts'
import type { Viewer } from '../core/viewer.ts'
import { AppError, Conflict } from '../core/errors.ts'
import type { Change, Channel, Events, Ready } from '../core/events.ts'
import { parse } from '../core/input.ts'
import type { Tx } from '../db/unit-of-work.ts'
import type { Instance } from '../../prisma/generated/client/client.ts'
import type { SandboxEngine } from '../engine/engine.ts'
import { settle, type Result } from './bulk.ts'
import { userNotFound, wrongState, instanceNotFound } from './errors.ts'
import { minutesFromNow, written, type EngineCommand, type InstanceIntents } from './intents.ts'
import {
  bulkInput,
  createInput,
  labelOf,
  listInput,
  registerInput,
  renewInput,
  startOptions,
  targetOf,
  type InstanceRow,
  type SandboxOwner,
} from './model.ts'
import { reasonFor } from './reason.ts'
import type { InstancePage, InstanceRepository } from './repository.ts'
import type { InstanceController } from './sync/controller.ts'
import { canDo, isActive } from './sync/lifecycle.ts'

/** What the service depends on. */
export interface InstancesServiceDeps {
  events: Events
  repository: InstanceRepository
  controller: InstanceController
  intents: InstanceIntents
  engine: SandboxEngine
  activity: ActivityService
  /** How code-server runs for users of the database, unless a start says otherwise. */
  vscode: { port: number; secure: boolean }
  /** The person with these names: a user of the database, or new names with a volume of their own. */
  personOf: (group: string, username: string) => Promise<SandboxOwner>
}

/** Instances, and every command on them. */
export class InstancesService {
  readonly #deps: InstancesServiceDeps

  constructor(deps: InstancesServiceDeps) {
    this.#deps = deps
  }

  /** Searches, filters, sorts and pages. @throws InvalidInput */
  async list(viewer: Viewer, raw: unknown = {}): Promise<InstancePage> {
    authorize(viewer, 'instances.see')
    return this.#deps.repository.list(parse(listInput, raw), viewer.role === 'organizer' ? null : viewer.userIds)
  }

  /** Null when it does not exist or is not the viewer's. */
  async find(viewer: Viewer, id: string): Promise<InstanceRow | null> {
    authorize(viewer, 'instances.see')
    const row = await this.#deps.repository.find(id)
    return row && can(viewer, 'instances.see', [row.userId]) ? row : null
  }

  /** @throws NotFound; Unavailable while the engine is, since it may have a sandbox that THON does not know yet */
  async get(viewer: Viewer, id: string): Promise<InstanceRow> {
    const row = await this.find(viewer, id)
    if (row) return row
    this.#deps.intents.assertEngine(viewer)
    throw instanceNotFound(id)
  }

  /** Every change from now on, after one READY. */
  changes(viewer: Viewer): Channel<Change<Instance> | Ready> {
    authorize(viewer, 'instances.see')
    return this.#deps.events.changes('instance', ({ row }) => can(viewer, 'instances.see', [row.userId]))
  }

  /** Its place among the waiting starts, 1 being next; null when it does not wait. */
  queuePlace(id: string): number | null {
    return this.#deps.controller.queue.place(id)
  }

  /** What a slow start is doing, as a short text for people; null when it is not known. */
  progress(id: string): string | null {
    return this.#deps.controller.progress(id)
  }

  /** Why an instance stopped or failed, in words for the viewer. */
  reasonFor(viewer: Viewer, row: InstanceRow): string | null {
    return reasonFor(viewer, row)
  }

  /** The last lines that its sandbox printed. Without a sandbox, those that were kept when it failed. */
  async logs(row: InstanceRow, lines: number): Promise<string> {
    const sandbox = this.#deps.controller.seen(row.id)
    const live = sandbox ? await this.#deps.engine.logs(sandbox.ref, lines).catch(() => '') : ''
    return live || (row.logTail ?? '')
  }

  /** The password that code-server asks for, which is logged. @throws NotFound, Conflict when it asks for none */
  async revealPassword(viewer: Viewer, id: string): Promise<{ id: string; password: string }> {
    authorize(viewer, 'instances.open')
    const row = await this.get(viewer, id)
    return this.#deps.activity.act(viewer, 'reveal password', targetOf(row), () => {
      if (row.password === null) return Promise.reject(new Conflict(`The sandbox of ${labelOf(row)} has no password.`))
      return Promise.resolve({ id, password: row.password })
    })
  }

  /** Starts a sandbox for one person. @throws InvalidInput, Conflict (the person has one), Unavailable (no engine) */
  async create(viewer: Viewer, raw: unknown): Promise<InstanceRow> {
    authorize(viewer, 'instances.manage')
    const { personOf, intents, activity } = this.#deps
    const input = parse(createInput, raw)
    const target = { kind: 'instance', id: null, label: labelOf(input) } as const
    const owner = await personOf(input.group, input.username)
    const row = await activity.act(viewer, 'create', target, async (tx) => {
      intents.assertEngine(viewer)
      return intents.add(tx, { owner, input })
    })
    intents.carryOut(row)
    return row
  }

  /**
   * Starts sandboxes for several people at once. One result per person, in their order; a person who has an active one
   * gets an error in place of a row.
   * @param raw `StartOptions`, for all of them
   * @throws InvalidInput, Unavailable
   */
  async startMany(viewer: Viewer, people: SandboxOwner[], raw: unknown = {}): Promise<Result<InstanceRow>[]> {
    const options = parse(startOptions, raw)
    for (const { userId } of people) authorizeOne(viewer, 'instances.start', [userId], userNotFound().message)
    const { intents, vscode, activity } = this.#deps
    intents.assertEngine(viewer)
    const wanted = people.map((owner) => ({ owner, input: createInput.parse({ ...vscode, ...options, ...owner }) }))
    const results = await activity.batch(async (tx, record) =>
      (await intents.addMany(tx, wanted)).map((added, index): Result<InstanceRow> => {
        const person = people[index] as SandboxOwner
        const [row, error] = added instanceof AppError ? [null, added] : [added, null]
        const target = { kind: 'instance', id: row?.id ?? null, label: labelOf(person) } as const
        record({ actor: viewer, action: 'start', target }, error)
        return { id: person.userId ?? labelOf(person), row, error }
      }),
    )
    for (const { row } of results) if (row) intents.carryOut(row)
    return results
  }

  /** Suspends its processes. Settles as Paused. @throws NotFound, Conflict, Unavailable */
  pause(viewer: Viewer, id: string): Promise<InstanceRow> {
    return this.#command(viewer, id, 'pause')
  }

  /** Continues the processes of a Paused one. @throws NotFound, Conflict, Unavailable */
  resume(viewer: Viewer, id: string): Promise<InstanceRow> {
    return this.#command(viewer, id, 'resume')
  }

  /** Stops and starts it in place. @throws NotFound, Conflict, Unavailable */
  restart(viewer: Viewer, id: string): Promise<InstanceRow> {
    return this.#command(viewer, id, 'restart')
  }

  /** Stops it for good; its volume stays. @throws NotFound, Conflict, Unavailable */
  kill(viewer: Viewer, id: string): Promise<InstanceRow> {
    return this.#command(viewer, id, 'kill')
  }

  /**
   * A new instance in place of this one, with the same volume, port and password. An active one is stopped first.
   * @throws NotFound, Conflict, Unavailable
   */
  async recreate(viewer: Viewer, id: string): Promise<InstanceRow> {
    authorize(viewer, 'instances.manage')
    const { repository, intents, activity } = this.#deps
    const row = await repository.find(id)
    if (!row) throw instanceNotFound(id)
    const { group, username, userId, volume, port, secure, password } = row
    const wanted = { owner: { group, username, userId, volume }, input: { port, secure }, password }
    const added = await activity.outside(viewer, 'recreate', targetOf(row), {
      work: async () => {
        intents.assertLegal(viewer, row, 'recreate')
        if (isActive(row.state)) await intents.stop(row)
      },
      finish: (tx) => intents.add(tx, wanted),
      unwritten: `The old sandbox of ${labelOf(row)} was stopped, but the database could not be written, so there is no new one. Start it again.`,
    })
    intents.carryOut(added)
    return added
  }

  /** Gives an active instance to the person with other names. @throws InvalidInput, NotFound, Conflict, Unavailable */
  async register(viewer: Viewer, id: string, raw: unknown): Promise<InstanceRow> {
    authorize(viewer, 'instances.manage')
    const names = parse(registerInput, raw)
    const row = await this.get(viewer, id)
    const { userId } = await this.#deps.personOf(names.group, names.username)
    return this.#deps.activity.act(viewer, `register to ${labelOf(names)}`, targetOf(row), (tx) =>
      this.#register(tx, viewer, id, { ...names, userId }),
    )
  }

  /** As `register`, for several: one result per id, in their order. */
  registerMany(
    viewer: Viewer,
    mappings: { id: string; group: string; username: string }[],
  ): Promise<Result<InstanceRow>[]> {
    authorize(viewer, 'instances.manage')
    return Promise.all(mappings.map(({ id, ...names }) => settle(id, () => this.register(viewer, id, names))))
  }

  async #register(
    tx: Tx,
    viewer: Viewer,
    id: string,
    owner: { group: string; username: string; userId: string | null },
  ): Promise<InstanceRow> {
    const now = await this.#deps.intents.now(tx, viewer, id)
    if (!isActive(now.state)) throw wrongState(now, 'register')
    return written(await this.#deps.repository.rename(tx, now, owner))
  }

  /** The names its sandbox was created with, which stay with it when it is registered to others. */
  createdFor(row: InstanceRow): { group: string; username: string } {
    return this.#deps.controller.seen(row.id) ?? row
  }

  /** Sets when an active instance stops, in minutes from now. @throws InvalidInput, NotFound, Conflict */
  async renew(viewer: Viewer, id: string, raw: unknown): Promise<InstanceRow> {
    authorize(viewer, 'instances.manage')
    const { timeoutMinutes } = parse(renewInput, raw)
    const row = await this.get(viewer, id)
    return this.#deps.activity.act(viewer, 'renew', targetOf(row), async (tx) => {
      const now = await this.#deps.intents.now(tx, viewer, id)
      if (!canDo(now.state, 'renew')) throw wrongState(now, 'renew')
      return written(await this.#deps.repository.amend(tx, now, { expiresAt: minutesFromNow(timeoutMinutes) }))
    })
  }

  /** One command for several instances: one result per id, in their order. @throws InvalidInput */
  async bulk(
    viewer: Viewer,
    raw: { command: 'pause' | 'resume' | 'kill'; ids: string[] },
  ): Promise<Result<InstanceRow>[]> {
    authorize(viewer, 'instances.manage')
    const { command, ids } = parse(bulkInput, raw)
    const { activity, intents } = this.#deps
    const results = await activity.batch(async (tx, record) => {
      const all: Result<InstanceRow>[] = []
      for (const id of ids) {
        const row = await this.#deps.repository.find(id, tx)
        const result = await settle(id, () => intents.intend(tx, viewer, id, command))
        if (row) record({ actor: viewer, action: command, target: targetOf(row) }, result.error)
        all.push(result)
      }
      return all
    })
    for (const { row } of results) if (row) intents.carryOut(row)
    return results
  }

  /** Stops every active instance of these users and waits for it. @throws Unavailable when one does not stop */
  async endAll(viewer: Viewer, whose: { userIds: string[] }): Promise<void> {
    authorize(viewer, 'instances.manage')
    const { repository, intents, activity } = this.#deps
    const rows = await repository.activeOf(whose.userIds)
    if (rows.length === 0) return
    intents.assertEngine(viewer)
    await Promise.all(
      rows.map((row) =>
        intents.stop(row, (work) =>
          activity.batch(async (tx, record) => {
            const stopped = await work(tx)
            record({ actor: viewer, action: 'kill', target: targetOf(row) })
            return stopped
          }),
        ),
      ),
    )
  }

  /** Resolves with the row once no change of state is under way, or as it is when the time is up. */
  settled(id: string, seconds: number): Promise<InstanceRow | null> {
    return this.#deps.intents.settled(id, seconds)
  }

  async #command(viewer: Viewer, id: string, command: EngineCommand): Promise<InstanceRow> {
    authorize(viewer, command === 'kill' ? 'instances.manage' : 'instances.operate')
    const row = await this.get(viewer, id)
    return this.#deps.intents.command(viewer, id, command, (work) =>
      this.#deps.activity.act(viewer, command, targetOf(row), work),
    )
  }
}
