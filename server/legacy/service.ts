import { assertCan } from '../auth/policy.ts'
import type { Viewer } from '../auth/viewer.ts'
import type { Db } from '../db.ts'
import { AppError, InvalidInput } from '../errors.ts'
import { parse } from '../input.ts'
import { isName, NAME_RULE } from '../names.ts'
import { legacyDump, type LegacyChange, type LegacyDump, type LegacyReport } from './model.ts'

/** What is needed of other features. */
export interface LegacyParts {
  db: Db
  importGroups: (viewer: Viewer, yaml: string, dryRun: boolean) => Promise<{ changes: LegacyChange[] }>
  updateUser: (viewer: Viewer, id: string, changes: object) => Promise<unknown>
  findSetting: (viewer: Viewer, key: string) => Promise<{ value: string } | null>
  storeSetting: (viewer: Viewer, key: string, input: { value: string }) => Promise<unknown>
  getConfigFile: (viewer: Viewer, key: string) => Promise<{ content: string; hasContent: boolean }>
  putConfigFile: (viewer: Viewer, key: string, input: { content: string }) => Promise<unknown>
  checkConfigFile: (viewer: Viewer, key: string, content: string) => string | null
}

const CONFIG = /^config_/
/** As the Python system names volumes. */
const VOLUME = /^thon-[\w.-]{1,200}$/

/**
 * Brings over what the Python system had: events, groups, users with their volumes, settings and configuration files. Done again it
 * changes nothing more; what was set here meanwhile stays as it is.
 */
export class LegacyImport {
  readonly #parts: LegacyParts

  constructor(parts: LegacyParts) {
    this.#parts = parts
  }

  /**
   * @param json a `LegacyDump`
   * @param dryRun only say what would happen
   * @throws InvalidInput when it is no such dump; nothing is changed then
   */
  async import(viewer: Viewer, json: string, dryRun: boolean): Promise<LegacyReport> {
    for (const deed of ['groups.manage', 'settings.manage', 'configFiles.manage'] as const) assertCan(viewer, deed)
    const dump = parse(legacyDump, parsed(json))
    const { fit, skipped } = fitting(dump)
    const { changes } = await this.#parts.importGroups(viewer, groupsFileOf(fit), dryRun)
    const workspaces = await this.#workspaces(viewer, fit, dryRun)
    const settings = await this.#settings(viewer, fit, dryRun)
    return { applied: !dryRun, changes: [...changes, ...workspaces, ...settings, ...skipped] }
  }

  /** The volumes that people's files are in stay theirs. */
  async #workspaces(viewer: Viewer, { groups, users }: LegacyDump, dryRun: boolean): Promise<LegacyChange[]> {
    const names = new Map(groups.map(({ id, name }) => [id, name]))
    const changes: LegacyChange[] = []
    for (const { group_id, username, workspace_path, storage_path } of users) {
      const group = names.get(group_id) as string
      const user = await this.#parts.db.user.findFirst({ where: { username, group: { name: group } } })
      const isVolume = workspace_path !== null && workspace_path !== undefined && VOLUME.test(workspace_path)
      const wanted = {
        ...(isVolume && user?.volume !== workspace_path && { workspacePath: workspace_path }),
        ...(storage_path && user?.storagePath !== storage_path && { storagePath: storage_path }),
      }
      if (Object.keys(wanted).length === 0) continue
      const detail = Object.values(wanted).join(', ')
      const change = { kind: 'workspace', name: `${group}/${username}`, action: 'update', detail } as const
      const act = async () => void (user && (await this.#parts.updateUser(viewer, user.id, wanted)))
      changes.push(await carried(change, dryRun ? null : act))
    }
    return changes
  }

  async #settings(viewer: Viewer, { settings }: LegacyDump, dryRun: boolean): Promise<LegacyChange[]> {
    const changes: LegacyChange[] = []
    for (const { key, value } of settings)
      changes.push(
        CONFIG.test(key)
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

/** Without those that cannot be brought over: the Python system checked no names. */
function fitting(dump: LegacyDump): { fit: LegacyDump; skipped: LegacyChange[] } {
  const skipped: LegacyChange[] = []
  const skip = (kind: LegacyChange['kind'], name: string, detail: string) =>
    void skipped.push({ kind, name, action: 'skip', detail })
  const groups = dump.groups.filter(({ name }) => isName(name.trim()) || skip('group', name, `its name ${NAME_RULE}`))
  const names = new Map(groups.map(({ id, name }) => [id, name.trim()]))
  const seen = new Set<string>()
  const users = dump.users.filter(({ group_id, username }) => {
    const group = names.get(group_id)
    const name = `${group ?? group_id}/${username.trim()}`
    if (group === undefined) return skip('user', name, 'their group is not brought over')
    if (!isName(username.trim())) return skip('user', name, `their name ${NAME_RULE}`)
    if (seen.has(name)) return skip('user', name, 'there are two of that name in the group')
    return seen.add(name)
  })
  const trimmed = {
    groups: groups.map((group) => ({ ...group, name: group.name.trim() })),
    users: users.map((user) => ({ ...user, username: user.username.trim() })),
  }
  return { fit: { ...dump, ...trimmed }, skipped }
}

/** A groups file, in JSON, which is YAML too. */
function groupsFileOf({ events, groups, users }: LegacyDump): string {
  const known = new Set(events.map(({ event_id }) => event_id))
  const entries = groups.map(({ id, name, title, event_id }) => {
    const members = users
      .filter(({ group_id }) => group_id === id)
      .map(({ username, email }) => ({ name: username, ...(isEmail(email) && { email }) }))
    const event = event_id && known.has(event_id) ? { event_id } : {}
    return [name, { ...(title && { title }), ...event, users: members }] as const
  })
  const named = events.map(({ event_id, title }) => [event_id, title ? { title } : {}] as const)
  return JSON.stringify({
    ...(named.length > 0 && { events: Object.fromEntries(named) }),
    groups: Object.fromEntries(entries),
  })
}

function isEmail(text: string | null | undefined): text is string {
  return typeof text === 'string' && /^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(text)
}
