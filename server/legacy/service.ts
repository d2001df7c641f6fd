import { AppError, InvalidInput } from '../core/errors.ts'
import { parse } from '../core/input.ts'
import { sandboxName } from '../core/names.ts'
import { authorize } from '../core/permissions.ts'
import type { Viewer } from '../core/viewer.ts'
import type { Db } from '../db/client.ts'
import { fitting, type Fit, type FitUser } from './fitting.ts'
import { legacyDump, type LegacyChange, type LegacyDump, type LegacyReport } from './model.ts'

/** What the import depends on. */
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
 * Imports events, groups, users with their volumes, settings and configuration files from the Python system. A second
 * import of the same dump changes nothing, and no import overwrites what was set here.
 */
export class LegacyImport {
  readonly #deps: LegacyImportDeps

  constructor(deps: LegacyImportDeps) {
    this.#deps = deps
  }

  /**
   * @param json a `LegacyDump`
   * @param dryRun only report what would change
   * @throws InvalidInput when it is not such a dump; then nothing is changed
   */
  async import(viewer: Viewer, json: string, dryRun: boolean): Promise<LegacyReport> {
    for (const permission of ['groups.manage', 'settings.manage', 'configFiles.manage'] as const)
      authorize(viewer, permission)
    const dump = parse(legacyDump, parseJson(json))
    const fit = fitting(dump)
    const { changes } = await this.#deps.importGroups(viewer, await this.#groupsFile(fit), dryRun)
    const created = new Set(
      changes.filter(({ kind, action }) => kind === 'user' && action === 'create').map(({ name }) => name),
    )
    const workspaces = await this.#workspaces(viewer, fit.users, created, dryRun)
    const settings = await this.#settings(viewer, dump, dryRun)
    return { applied: !dryRun, changes: [...changes, ...workspaces, ...settings, ...fit.skipped] }
  }

  /** A groups file, in JSON, which is YAML too. It leaves out what is set here, so that the import keeps it. */
  async #groupsFile({ events, groups, users }: Fit): Promise<string> {
    const { db } = this.#deps
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
   * Users keep the volumes with their files, and scripts the paths that they know.
   * @param created labels of the users that this import creates: no one can have given them another workspace yet
   */
  async #workspaces(viewer: Viewer, users: FitUser[], created: Set<string>, dryRun: boolean): Promise<LegacyChange[]> {
    const { db, updateUser } = this.#deps
    // Two users with one volume: it belongs to the first, whose files it has, even if that user has another one by now.
    const firsts = new Map<string | null, string>()
    for (const { workspacePath, group, username } of users)
      if (!firsts.has(workspacePath)) firsts.set(workspacePath, `${group}/${username}`)
    const changes: LegacyChange[] = []
    for (const { group, username, workspacePath, storagePath } of users) {
      const name = `${group}/${username}`
      const change = { kind: 'workspace', name } as const
      const user = await db.user.findFirst({ where: { username, group: { name: group } } })
      const usual = sandboxName('thon-workspace', group, username)
      const desired = {
        ...(workspacePath && workspacePath !== (user ? user.workspacePath : usual) && { workspacePath }),
        ...(storagePath && user?.storagePath !== storagePath && { storagePath }),
      }
      if (Object.keys(desired).length === 0) continue
      const isUnchanged = user?.workspacePath === usual && user.storagePath === null
      const volume = desired.workspacePath?.startsWith('thon-') ? desired.workspacePath : null
      const holder = volume === null ? null : await db.user.findUnique({ where: { volume }, include: { group: true } })
      const ownerLabel = holder ? `${holder.group.name}/${holder.username}` : firsts.get(volume)
      if (user && !isUnchanged && !created.has(name))
        changes.push({ ...change, action: 'skip', detail: 'it was changed here, and stays' })
      else if (ownerLabel && ownerLabel !== name)
        changes.push({ ...change, action: 'skip', detail: `${volume} belongs to ${ownerLabel}` })
      else {
        const act = async () => (user ? updateUser(viewer, user.id, desired) : undefined)
        const detail = Object.values(desired).join(', ')
        changes.push(await attempt({ ...change, action: 'update', detail }, dryRun ? null : act))
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
    const { findSetting, storeSetting } = this.#deps
    const change = { kind: 'setting', name: key } as const
    const before = await findSetting(viewer, key).catch(refusal)
    if (before instanceof AppError) return { ...change, action: 'skip', detail: before.message }
    if (before?.value === value) return { ...change, action: 'keep', detail: null }
    if (before) return { ...change, action: 'skip', detail: 'it has another value here, which stays' }
    const problem = this.#deps.checkSetting(key, value)
    if (problem) return { ...change, action: 'skip', detail: problem }
    const act = () => storeSetting(viewer, key, { value })
    return attempt({ ...change, action: 'create', detail: null }, dryRun ? null : act)
  }

  async #configFile(viewer: Viewer, key: string, content: string, dryRun: boolean): Promise<LegacyChange> {
    const { getConfigFile, putConfigFile, checkConfigFile } = this.#deps
    const change = { kind: 'config file', name: key } as const
    const before = await getConfigFile(viewer, key).catch(refusal)
    if (before instanceof AppError) return { ...change, action: 'skip', detail: before.message }
    if (before.content === content) return { ...change, action: 'keep', detail: null }
    if (before.hasContent) return { ...change, action: 'skip', detail: 'another file is stored here, which stays' }
    const problem = checkConfigFile(viewer, key, content)
    if (problem) return { ...change, action: 'skip', detail: problem }
    const act = () => putConfigFile(viewer, key, { content })
    return attempt({ ...change, action: 'create', detail: null }, dryRun ? null : act)
  }
}

/** Carries out one change; a refusal skips it, and the others go on. @param act null for a dry run */
async function attempt(change: LegacyChange, act: (() => Promise<unknown>) | null): Promise<LegacyChange> {
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

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    throw new InvalidInput([{ field: 'dump', message: 'must be JSON' }])
  }
}
