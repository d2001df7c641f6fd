import { authorize, authorizeOne, can } from '../core/permissions.ts'
import type { ActivityService } from '../activity/service.ts'
import type { Viewer } from '../core/viewer.ts'
import { Conflict } from '../core/errors.ts'
import type { Change, Channel, Events, Ready } from '../core/events.ts'
import { parse } from '../core/input.ts'
import type { Instance } from '../../prisma/generated/client/client.ts'
import type { SandboxEngine } from '../engine/engine.ts'
import { settle, type Result } from './bulk.ts'
import { instanceNotFound, userNotFound, wrongState } from './errors.ts'
import { minutesFromNow, type InstanceIntents } from './intents.ts'
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
    return this.#deps.activity.recording(viewer, 'reveal password', targetOf(row), () => {
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
    return activity.recording(viewer, 'create', target, async () => {
      intents.assertEngine(viewer)
      return intents.add(await personOf(input.group, input.username), input)
    })
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
    const results = await Promise.all(
      people.map((person) =>
        settle(person.userId ?? labelOf(person), () =>
          intents.add(person, createInput.parse({ ...vscode, ...options, ...person })),
        ),
      ),
    )
    await activity.add(
      ...people.map((person, index) => {
        const { row, error } = results[index] ?? { row: null, error: null }
        return {
          actor: viewer,
          action: 'start',
          target: { kind: 'instance', id: row?.id ?? null, label: labelOf(person) } as const,
          outcome: error ? ('refused' as const) : ('done' as const),
          detail: error?.message,
        }
      }),
    )
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
    return activity.recording(viewer, 'recreate', targetOf(row), async () => {
      intents.assertLegal(viewer, row, 'recreate')
      if (isActive(row.state)) await intents.stop(row)
      const { group, username, userId, volume, port, secure, password } = row
      return intents.add({ group, username, userId, volume }, { port, secure }, password)
    })
  }

  /** Gives an active instance to the person with other names. @throws InvalidInput, NotFound, Conflict, Unavailable */
  async register(viewer: Viewer, id: string, raw: unknown): Promise<InstanceRow> {
    authorize(viewer, 'instances.manage')
    const names = parse(registerInput, raw)
    const row = await this.get(viewer, id)
    return this.#deps.activity.recording(viewer, `register to ${labelOf(names)}`, targetOf(row), async () => {
      if (!isActive(row.state)) throw wrongState(row, 'register')
      const { userId } = await this.#deps.personOf(names.group, names.username)
      return (await this.#deps.repository.rename(row, { ...names, userId })) ?? this.get(viewer, id)
    })
  }

  /** As `register`, for several: one result per id, in their order. */
  registerMany(
    viewer: Viewer,
    mappings: { id: string; group: string; username: string }[],
  ): Promise<Result<InstanceRow>[]> {
    authorize(viewer, 'instances.manage')
    return Promise.all(mappings.map(({ id, ...names }) => settle(id, () => this.register(viewer, id, names))))
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
    return this.#deps.activity.recording(viewer, 'renew', targetOf(row), async () => {
      if (!canDo(row.state, 'renew')) throw wrongState(row, 'renew')
      const renewed = await this.#deps.repository.amend(row, { expiresAt: minutesFromNow(timeoutMinutes) })
      return renewed ?? this.get(viewer, id)
    })
  }

  /** One command for several instances: one result per id, in their order. @throws InvalidInput */
  async bulk(
    viewer: Viewer,
    raw: { command: 'pause' | 'resume' | 'kill'; ids: string[] },
  ): Promise<Result<InstanceRow>[]> {
    authorize(viewer, 'instances.manage')
    const { command, ids } = parse(bulkInput, raw)
    return Promise.all(ids.map((id) => settle(id, () => this.#command(viewer, id, command))))
  }

  /** Stops every active instance of these users and waits for it. @throws Unavailable when one does not stop */
  async endAll(viewer: Viewer, whose: { userIds: string[] }): Promise<void> {
    authorize(viewer, 'instances.manage')
    const { repository, intents, activity } = this.#deps
    const rows = await repository.activeOf(whose.userIds)
    if (rows.length === 0) return
    intents.assertEngine(viewer)
    await Promise.all(rows.map((row) => intents.stop(row)))
    await activity.add(
      ...rows.map((row) => ({ actor: viewer, action: 'kill', target: targetOf(row), outcome: 'done' as const })),
    )
  }

  /** Resolves with the row once no change of state is under way, or as it is when the time is up. */
  settled(id: string, seconds: number): Promise<InstanceRow | null> {
    return this.#deps.intents.settled(id, seconds)
  }

  async #command(viewer: Viewer, id: string, command: 'pause' | 'resume' | 'restart' | 'kill'): Promise<InstanceRow> {
    authorize(viewer, command === 'kill' ? 'instances.manage' : 'instances.operate')
    const row = await this.get(viewer, id)
    return this.#deps.activity.recording(viewer, command, targetOf(row), () =>
      this.#deps.intents.command(viewer, row, command),
    )
  }
}
