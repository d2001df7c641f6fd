import { InvalidArgumentError, type Command } from 'commander'
import { organizer } from '../core/viewer.ts'
import { InvalidInput } from '../core/errors.ts'
import { parse } from '../core/input.ts'
import { startOptions as startOptionsSchema } from '../instances/model.ts'
import { readTextFile } from '../config/text-file.ts'
import { CommandError, UsageError, type Backend } from './backend.ts'
import { allGroups, groupsOfConfig } from './groups.ts'
import {
  activeInstances,
  instancesWithPasswords,
  stateLabel,
  stateWord,
  waitUntilSettled,
  type InstanceRef,
  type ListedInstance,
} from './instances.ts'
import { command, EXIT, print, table, withBackend, type CommonOptions, type Variables } from './shell.ts'

interface LaunchOptions extends CommonOptions {
  /** A groups file. */
  groups?: string
  fromDb?: true
  /** The name of one group. */
  group?: string
  kilo?: string
  vscodeSettings?: string
  secure?: true
  image?: string
  timeout?: number
  port?: number
}

/** What became of one user's start. */
interface StartResult {
  /** The new instance; null when none was started. */
  id: string | null
  group: string
  username: string
  /** Why none was started. */
  warning: string | null
}

/** A user whose sandbox was not started. */
interface SkippedUser {
  group: string
  username: string
  reason: string | null
}

const EXAMPLES = `
Without --groups, everyone in the database is started. The Groups YAML stored in Settings, or else the groups in thon.yaml, are imported
first. Files given here take precedence over the stored ones, for the sandboxes started now.

Examples:
  thon launch                               start everyone in the database
  thon launch --groups groups.yaml          import the file and start its groups
  thon launch --group team-alpha --secure   start one group, with a password for each sandbox`

/** `thon launch`: starts everyone's sandbox and prints the addresses. Exits with 1 when a sandbox did not start. */
export function launchCommand(variables: Variables): Command {
  return command('launch', 'start everyone’s sandbox, and print addresses and passwords')
    .option('--groups <file>', 'import this groups file, and start its groups')
    .option('--from-db', 'start everyone in the database; this is the default')
    .option('--group <name>', 'start only this group')
    .option('--kilo <file>', 'Kilo Code Config for these sandboxes, instead of the stored one')
    .option('--vscode-settings <file>', 'VS Code settings for these sandboxes, instead of the stored ones')
    .option('--secure', 'have code-server ask for a password')
    .option('--image <image>', 'image of these sandboxes, instead of SANDBOX_IMAGE')
    .option('--timeout <minutes>', 'minutes until they stop automatically, 1 to 525600', wholeNumber)
    .option('--port <port>', 'port that code-server listens on inside the sandbox', wholeNumber)
    .addHelpText('after', EXAMPLES)
    .action(async (options: LaunchOptions) => {
      if (options.groups !== undefined && options.fromDb)
        throw new UsageError('--groups and --from-db exclude each other. Leave one out.')
      await withBackend(variables, options, (backend) => launch(backend, variables, options))
    })
}

async function launch(backend: Backend, variables: Variables, options: LaunchOptions): Promise<void> {
  const start = await startOptionsOf(options)
  await assertEngine(backend)
  const groups = await chooseGroups(backend, variables, options)
  const results: StartResult[] = []
  for (const { id, name } of groups) results.push(...(await startGroup(backend, id, name, start)))
  const started = results.filter(isStarted)
  const startedIds = new Set(started.map(({ id }) => id))
  const order = new Map(groups.map(({ name }, index) => [name, index]))
  // The table is for everyone, so it lists those who had a sandbox before as well.
  const before = (await activeInstances(backend, null)).filter(
    ({ group, id }) => order.has(group) && !startedIds.has(id),
  )
  const all = [...started, ...before]
  await waitUntilSettled(backend, all, 'Starting', 'did not start')
  const instances = await instancesWithPasswords(
    backend,
    all.map(({ id }) => id),
  )
  instances.sort(
    (a, b) => (order.get(a.group) ?? 0) - (order.get(b.group) ?? 0) || a.username.localeCompare(b.username),
  )
  const skipped = results
    .filter((one) => !isStarted(one))
    .map(({ group, username, warning }) => ({ group, username, reason: warning }))
  const listed = new Set(instances.map(labelOf))
  const notStarted = skipped.filter((one) => !listed.has(labelOf(one)))
  print(options, { instances: instances.map(asJson), skipped }, () =>
    describe(instances, notStarted, skipped.length - notStarted.length, backend.url !== null),
  )
  if (notStarted.length > 0 || instances.some(({ state }) => state !== 'RUNNING' && state !== 'PAUSED'))
    process.exitCode = EXIT.failed
}

/** The groups to start; those of a groups file are imported first. @throws CommandError when there is no one to start */
async function chooseGroups(
  backend: Backend,
  variables: Variables,
  options: LaunchOptions,
): Promise<{ id: string; name: string }[]> {
  const { configFile } = await backend.ask<{ configFile: { content: string } | null }>(
    '{ configFile(key: "config_groups_yaml") { content } }',
  )
  const saved = configFile?.content ?? ''
  const stored = saved.trim() === '' ? ((await groupsOfConfig(variables, options)) ?? '') : saved
  const yaml = options.groups === undefined ? stored : await readTextFile(options.groups)
  const imported = yaml.trim() === '' ? null : await importGroups(backend, yaml)
  const groups = await allGroups(backend)
  const chosen = groups.filter(
    ({ name }) =>
      (options.group === undefined || name === options.group) && (options.groups === undefined || imported?.has(name)),
  )
  if (options.group !== undefined && chosen.length === 0)
    throw new CommandError(`There is no group named ${options.group}.`, 'NOT_FOUND')
  if (chosen.every(({ userCount }) => userCount === 0))
    throw new CommandError('There is no one to start. Add groups and users, or name a groups file with --groups.')
  return chosen
}

/** @returns the names of the groups in the file */
async function importGroups(backend: Backend, yaml: string): Promise<Set<string>> {
  const { importGroups: report } = await backend.ask<{ importGroups: { changes: { kind: string; name: string }[] } }>(
    'mutation ($yaml: String!) { importGroups(input: { yaml: $yaml }) { changes { kind name } } }',
    { yaml },
  )
  return new Set(report.changes.filter(({ kind }) => kind === 'GROUP').map(({ name }) => name))
}

/** Starts a sandbox for everyone in a group who has none. */
async function startGroup(backend: Backend, groupId: string, group: string, options: object): Promise<StartResult[]> {
  const answer = await backend.ask<{
    startGroup: { user: { username: string }; instance: { id: string } | null; error: { message: string } | null }[]
  }>(
    `mutation ($groupId: ID!, $options: StartOptionsInput) { startGroup(input: { id: $groupId, options: $options }) {
      user { username } instance { id } error { message } } }`,
    { groupId, options },
  )
  return answer.startGroup.map(({ user, instance, error }) => ({
    ...{ id: instance?.id ?? null, group, username: user.username, warning: error?.message ?? null },
  }))
}

function isStarted(one: StartResult): one is StartResult & InstanceRef {
  return one.id !== null
}

function labelOf({ group, username }: Pick<InstanceRef, 'group' | 'username'>): string {
  return `${group}/${username}`
}

/** @throws CommandError when nothing can run, or when sandboxes would stop with this command */
async function assertEngine(backend: Backend): Promise<void> {
  const { engine } = await backend.ask<{ engine: { connected: boolean; message: string | null } }>(
    '{ engine { connected message } }',
  )
  if (!engine.connected) throw new CommandError(`No sandbox can be started. ${engine.message ?? ''}`.trim())
  const cannot = backend.app?.services.engine.view(organizer).cannot ?? []
  if (cannot.includes('survival'))
    throw new CommandError(
      'Sandboxes of the embedded engine stop with the program that started them. Run `thon serve` first, then this command in another terminal.',
    )
}

/** How sandboxes start, from the options. @throws InvalidInput or CommandError before anything is changed */
async function startOptionsOf({ kilo, vscodeSettings, secure, image, timeout, port }: LaunchOptions): Promise<object> {
  const paths = { config_kilo_json: kilo, config_vscode_settings: vscodeSettings }
  const files = await Promise.all(
    Object.entries(paths).flatMap(([key, path]) =>
      path === undefined ? [] : [readTextFile(path).then((content) => ({ key, content }))],
    ),
  )
  const options = { port, secure, timeoutMinutes: timeout, image, files: files.length > 0 ? files : undefined }
  try {
    parse(startOptionsSchema, options)
  } catch (error) {
    // People know files by their names, not by their places in a list.
    const invalid = error instanceof InvalidInput && error.fields.find(({ field }) => field.startsWith('files.'))
    const path = invalid && Object.values(paths).filter((one) => one !== undefined)[Number(invalid.field.split('.')[1])]
    throw path ? new CommandError(`${path}: ${invalid.message}`, 'INVALID_INPUT') : error
  }
  return options
}

function addressOf({ publicUrl, domainUrl, url }: ListedInstance): string | null {
  return domainUrl ?? publicUrl ?? url
}

function asJson(instance: ListedInstance): object {
  const { id, group, username, state, password, reason, notice } = instance
  return { id, group, username, state: stateWord(state), url: addressOf(instance), password, reason, notice }
}

/** @param before how many had a sandbox before @param served whether a server runs, which the addresses need */
function describe(instances: ListedInstance[], notStarted: SkippedUser[], before: number, served: boolean): string {
  const rows = [
    ...instances.map((one) => [
      ...[one.group, one.username, stateLabel(one.state), addressOf(one), one.password],
      one.reason ?? one.notice ?? '',
    ]),
    ...notStarted.map(({ group, username, reason }) => [group, username, 'Not started', '', '', reason]),
  ]
  const running = instances.filter(({ state }) => state === 'RUNNING').length
  const rest = before > 0 ? `; ${before} already had a sandbox` : ''
  const hint = !served && running > 0 ? '\nTHON is not running yet. The addresses work once you run `thon serve`.' : ''
  return `${table(['GROUP', 'USER', 'STATE', 'ADDRESS', 'PASSWORD', 'NOTE'], rows)}\n\n${running} of ${rows.length} running${rest}.${hint}`
}

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('It must be a whole number.')
  return Number(text)
}
