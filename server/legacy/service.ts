import { authorize } from '../core/permissions.ts'
import type { Viewer } from '../core/viewer.ts'
import type { Db } from '../db/client.ts'
import { AppError, InvalidInput } from '../core/errors.ts'
import { parse } from '../core/input.ts'
import { sandboxName } from '../core/names.ts'
import { fitting, type Fit, type FitUser } from './fitting.ts'
import { legacyDump, type LegacyChange, type LegacyDump, type LegacyReport } from './model.ts'

/** What is needed of other features. */
export interface LegacyImportDeps {
  db: Db
  importGroups: (viewer: Viewer, yaml: string, dryRun: boolean) => Promise<{ changes: LegacyChange[] }>
  updateUser: (viewer: Viewer, id: string, changes: object) => Promise<unknown>
  findSetting: (viewer: Viewer, key: string) => Promise<{ value: string } | null>
  checkSetting: (key: string, value: string) => string | null
  storeSetting: (viewer: Viewer, key: string, input: { value: string }) => Promise<unknown>
  getConfigFile: (viewer: Viewer, key: string) => Promise<{ content: string; hasContent: boolean }>
  putConfigFile: (viewer: Viewer, key: string, input: { content: string }) => Promise<unknown>
  checkConfigFile: (viewer: Viewer, key: string, content: string) => string | null
}

const CONFIG = /^config_/

/**
 * Brings over what the Python system had: events, groups, users with their volumes, settings and configuration files. Done again it
 * changes nothing more; what was set here meanwhile stays as it is.
 */
export class LegacyImport {
  readonly #parts: LegacyImportDeps

  constructor(parts: LegacyImportDeps) {
    this.#parts = parts
  }

  /**
   * @param json a `LegacyDump`
   * @param dryRun only say what would happen
   * @throws InvalidInput when it is no such dump; nothing is changed then
   */
  async import(viewer: Viewer, json: string, dryRun: boolean): Promise<LegacyReport> {
    for (const deed of ['groups.manage', 'settings.manage', 'configFiles.manage'] as const) authorize(viewer, deed)
    const dump = parse(legacyDump, parsed(json))
    const fit = fitting(dump)
    const { changes } = await this.#parts.importGroups(viewer, await this.#groupsFile(fit), dryRun)
    const created = new Set(
      changes.filter(({ kind, action }) => kind === 'user' && action === 'create').map(({ name }) => name),
    )
    const workspaces = await this.#workspaces(viewer, fit.users, created, dryRun)
    const settings = await this.#settings(viewer, dump, dryRun)
    return { applied: !dryRun, changes: [...changes, ...workspaces, ...settings, ...fit.skipped] }
  }

  /** A groups file, in JSON, which is YAML too. What is set here already is left out, and stays thereby. */
  async #groupsFile({ events, groups, users }: Fit): Promise<string> {
    const { db } = this.#parts
    const here = {
      events: new Map((await db.event.findMany()).map((event) => [event.eventId, event])),
      groups: new Map((await db.group.findMany({ include: { users: true } })).map((group) => [group.name, group])),
    }
    const entries = groups.map(({ name, title, eventId }) => {
      const group = here.groups.get(name)
      const emails = new Map(group?.users.map((user) => [user.username, user.email]))
      const members = users
        .filter((user) => user.group === name)
        .map(({ username, email }) => ({ name: username, ...(email && !emails.get(username) && { email }) }))
      const own = { ...(title && !group?.title && { title }), ...(eventId && !group?.eventId && { event_id: eventId }) }
      return [name, { ...own, users: members }] as const
    })
    const named = events.map(({ eventId, title }) => {
      return [eventId, title && !here.events.get(eventId)?.title ? { title } : {}] as const
    })
    return JSON.stringify({
      ...(named.length > 0 && { events: Object.fromEntries(named) }),
      groups: Object.fromEntries(entries),
    })
  }

  /**
   * The volumes that people's files are in stay theirs, and scripts are told the paths that they know.
   * @param created labels of the users who are new with this import: nobody has given them another workspace yet
   */
  async #workspaces(viewer: Viewer, users: FitUser[], created: Set<string>, dryRun: boolean): Promise<LegacyChange[]> {
    const { db, updateUser } = this.#parts
    // Of two with one volume it is the first one's, also when they have another by now: it has their files.
    const firsts = new Map<string | null, string>()
    for (const { workspacePath, group, username } of users)
      if (!firsts.has(workspacePath)) firsts.set(workspacePath, `${group}/${username}`)
    const changes: LegacyChange[] = []
    for (const { group, username, workspacePath, storagePath } of users) {
      const name = `${group}/${username}`
      const change = { kind: 'workspace', name } as const
      const user = await db.user.findFirst({ where: { username, group: { name: group } } })
      const usual = sandboxName('thon-workspace', group, username)
      const wanted = {
        ...(workspacePath && workspacePath !== (user ? user.workspacePath : usual) && { workspacePath }),
        ...(storagePath && user?.storagePath !== storagePath && { storagePath }),
      }
      if (Object.keys(wanted).length === 0) continue
      const isAsMade = user?.workspacePath === usual && user.storagePath === null
      const volume = wanted.workspacePath?.startsWith('thon-') ? wanted.workspacePath : null
      const holder = volume === null ? null : await db.user.findUnique({ where: { volume }, include: { group: true } })
      const whose = holder ? `${holder.group.name}/${holder.username}` : firsts.get(volume)
      if (user && !isAsMade && !created.has(name))
        changes.push({ ...change, action: 'skip', detail: 'they have another one here, which stays' })
      else if (whose && whose !== name)
        changes.push({ ...change, action: 'skip', detail: `${volume} is the one of ${whose}` })
      else {
        const act = async () => void (user && (await updateUser(viewer, user.id, wanted)))
        const detail = Object.values(wanted).join(', ')
        changes.push(await carried({ ...change, action: 'update', detail }, dryRun ? null : act))
      }
    }
    return changes
  }

  async #settings(viewer: Viewer, { settings }: LegacyDump, dryRun: boolean): Promise<LegacyChange[]> {
    const changes: LegacyChange[] = []
    for (const { key, value } of settings)
      changes.push(
        value === null || value === undefined
          ? { kind: 'setting', name: key, action: 'skip', detail: 'it has no value' }
          : CONFIG.test(key)
            ? await this.#configFile(viewer, key, value, dryRun)
            : await this.#setting(viewer, key, value, dryRun),
      )
    return changes
  }

  async #setting(viewer: Viewer, key: string, value: string, dryRun: boolean): Promise<LegacyChange> {
    const { findSetting, storeSetting } = this.#parts
    const change = { kind: 'setting', name: key } as const
    const before = await findSetting(viewer, key).catch(refusal)
    if (before instanceof AppError) return { ...change, action: 'skip', detail: before.message }
    if (before?.value === value) return { ...change, action: 'keep', detail: null }
    if (before) return { ...change, action: 'skip', detail: 'it has another value here, which stays' }
    const fault = this.#parts.checkSetting(key, value)
    if (fault) return { ...change, action: 'skip', detail: fault }
    const act = () => storeSetting(viewer, key, { value })
    return carried({ ...change, action: 'create', detail: null }, dryRun ? null : act)
  }

  async #configFile(viewer: Viewer, key: string, content: string, dryRun: boolean): Promise<LegacyChange> {
    const { getConfigFile, putConfigFile, checkConfigFile } = this.#parts
    const change = { kind: 'config file', name: key } as const
    const before = await getConfigFile(viewer, key).catch(refusal)
    if (before instanceof AppError) return { ...change, action: 'skip', detail: before.message }
    if (before.content === content) return { ...change, action: 'keep', detail: null }
    if (before.hasContent) return { ...change, action: 'skip', detail: 'another one is stored here, which stays' }
    const fault = checkConfigFile(viewer, key, content)
    if (fault) return { ...change, action: 'skip', detail: fault }
    const act = () => putConfigFile(viewer, key, { content })
    return carried({ ...change, action: 'create', detail: null }, dryRun ? null : act)
  }
}

/** Does it, unless it is only rehearsed; a refusal skips this one and keeps no other back. */
async function carried(change: LegacyChange, act: (() => Promise<unknown>) | null): Promise<LegacyChange> {
  try {
    await act?.()
    return change
  } catch (error) {
    return { ...change, action: 'skip', detail: refusal(error).message }
  }
}

function refusal(error: unknown): AppError {
  if (error instanceof AppError) return error
  throw error
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    throw new InvalidInput([{ field: 'dump', message: 'must be JSON' }])
  }
}
