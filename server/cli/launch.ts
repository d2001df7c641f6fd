import { InvalidArgumentError, type Command } from 'commander'
import { organizer } from '../core/viewer.ts'
import { InvalidInput } from '../core/errors.ts'
import { parse } from '../core/input.ts'
import { startOptions as rules } from '../instances/model.ts'
import { readTextFile } from '../config/text-file.ts'
import { Misused, Refused, type Backend } from './backend.ts'
import { chosenGroups, type Choice } from './launch-groups.ts'
import { settled } from './progress.ts'
import { activeRows, rowsOf, type Named, type Row } from './running.ts'
import { command, EXIT, print, table, withBackend, type Variables } from './shell.ts'

interface LaunchOptions extends Choice {
  fromDb?: true
  kilo?: string
  vscodeSettings?: string
  secure?: true
  image?: string
  timeout?: number
  port?: number
}

interface Started {
  /** Its instance; null where none was started. */
  id: string | null
  group: string
  username: string
  /** Why none was started. */
  warning: string | null
}

/** Whom nothing was started for, and why. */
interface Skipped {
  group: string
  username: string
  reason: string | null
}

const EXAMPLES = `
Without --groups it starts everybody of the database; a Groups YAML stored there (Settings > Configuration files), or else the
groups of thon.yaml, are added first. Files given here go before the stored ones, for the sandboxes started now.

Examples:
  thon launch                               everybody who is in the database
  thon launch --groups groups.yaml          imports the file, and starts its groups
  thon launch --group team-alpha --secure   one group, with a password each`

/** `thon launch`: starts everyone, and prints where they are. Ends with 1 when somebody’s sandbox did not come up. */
export function launchCommand(variables: Variables): Command {
  return command('launch', 'start everybody’s sandbox, and print their addresses and passwords')
    .option('--groups <file>', 'a groups file: it is imported, and its groups are started')
    .option('--from-db', 'who is in the database; this is the usual')
    .option('--group <name>', 'this group only')
    .option('--kilo <file>', 'Kilo Code Config for these sandboxes, in place of the stored one')
    .option('--vscode-settings <file>', 'VS Code settings for these sandboxes, in place of the stored ones')
    .option('--secure', 'have code-server ask for a password')
    .option('--image <image>', 'image of the sandboxes, instead of SANDBOX_IMAGE')
    .option('--timeout <minutes>', 'minutes to live, 1 to 525600', whole)
    .option('--port <port>', 'port code-server listens on inside the sandbox', whole)
    .addHelpText('after', EXAMPLES)
    .action(async (options: LaunchOptions) => {
      if (options.groups !== undefined && options.fromDb)
        throw new Misused('--groups and --from-db exclude each other.')
      await withBackend(variables, options, (backend) => launch(backend, variables, options))
    })
}

async function launch(backend: Backend, variables: Variables, options: LaunchOptions): Promise<void> {
  const start = await startOptions(options)
  await assertEngine(backend)
  const groups = await chosenGroups(backend, variables, options)
  const started: Started[] = []
  for (const { id, name } of groups) started.push(...(await startGroup(backend, id, name, start)))
  const places = new Map(groups.map(({ name }, index) => [name, index]))
  const begun = started.filter(isBegun)
  const ids = new Set(begun.map(({ id }) => id))
  // Those who had a sandbox before, or one on its way, are listed too: the table is for everybody.
  const before = (await activeRows(backend, null)).filter(({ group, id }) => places.has(group) && !ids.has(id))
  const all = [...begun, ...before]
  await settled(backend, all, 'Starting', 'did not come up')
  const rows = await rowsOf(
    backend,
    all.map(({ id }) => id),
  )
  rows.sort((a, b) => (places.get(a.group) ?? 0) - (places.get(b.group) ?? 0) || a.username.localeCompare(b.username))
  const skipped = started
    .filter((one) => !isBegun(one))
    .map(({ group, username, warning }) => ({ group, username, reason: warning }))
  const has = new Set(rows.map(labelOf))
  const refused = skipped.filter((one) => !has.has(labelOf(one)))
  print(options, { instances: rows.map(shown), skipped }, () =>
    inWords(rows, refused, skipped.length - refused.length, backend.url === null),
  )
  if (refused.length > 0 || rows.some(({ state }) => state !== 'RUNNING' && state !== 'PAUSED'))
    process.exitCode = EXIT.failed
}

/** Starts everybody of a group who has no sandbox. */
async function startGroup(backend: Backend, groupId: string, group: string, options: object): Promise<Started[]> {
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

function isBegun(one: Started): one is Started & Named {
  return one.id !== null
}

function labelOf({ group, username }: Pick<Row, 'group' | 'username'>): string {
  return `${group}/${username}`
}

/** @throws Refused where sandboxes would end with this command, or nothing can run at all */
async function assertEngine(backend: Backend): Promise<void> {
  const { engine } = await backend.ask<{ engine: { connected: boolean; message: string | null } }>(
    '{ engine { connected message } }',
  )
  if (!engine.connected) throw new Refused(`No sandbox can be started. ${engine.message ?? ''}`.trim())
  const cannot = backend.app?.services.engine.view(organizer).cannot ?? []
  if (cannot.includes('survival'))
    throw new Refused(
      'Sandboxes of the embedded engine end with the program that starts them. Run `thon serve` first, and this command beside it.',
    )
}

/** What is said about how sandboxes start. @throws InvalidInput before anything is changed */
async function startOptions({ kilo, vscodeSettings, secure, image, timeout, port }: LaunchOptions): Promise<object> {
  const given = { config_kilo_json: kilo, config_vscode_settings: vscodeSettings }
  const files = await Promise.all(
    Object.entries(given).flatMap(([key, path]) =>
      path === undefined ? [] : [readTextFile(path).then((content) => ({ key, content }))],
    ),
  )
  const options = { port, secure, timeoutMinutes: timeout, image, files: files.length > 0 ? files : undefined }
  try {
    parse(rules, options)
  } catch (error) {
    // Of files people know the names, not the places in a list.
    const fault = error instanceof InvalidInput && error.fields.find(({ field }) => field.startsWith('files.'))
    const path = fault && Object.values(given).filter((one) => one !== undefined)[Number(fault.field.split('.')[1])]
    throw path ? new Refused(`${path}: ${fault.message}`, 'INVALID_INPUT') : error
  }
  return options
}

function addressOf({ publicUrl, domainUrl, url }: Row): string | null {
  return domainUrl ?? publicUrl ?? url
}

function shown(row: Row) {
  const { id, group, username, state, password, reason, notice } = row
  return { id, group, username, state, url: addressOf(row), password, reason, notice }
}

function inWords(rows: Row[], refused: Skipped[], had: number, isServerAway: boolean): string {
  const lines = [
    ...rows.map((row) => [
      ...[row.group, row.username, row.state, addressOf(row), row.password],
      row.reason ?? row.notice ?? '',
    ]),
    ...refused.map(({ group, username, reason }) => [group, username, 'not started', '', '', reason]),
  ]
  const running = rows.filter(({ state }) => state === 'RUNNING').length
  const rest = had > 0 ? `; ${had} had a sandbox already` : ''
  const away =
    isServerAway && running > 0 ? '\nNo THON runs yet: the addresses lead to the sandboxes once `thon serve` does.' : ''
  return `${table(['GROUP', 'USER', 'STATE', 'ADDRESS', 'PASSWORD', 'NOTE'], lines)}\n\n${running} of ${lines.length} run${rest}.${away}`
}

function whole(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('It must be a whole number.')
  return Number(text)
}
