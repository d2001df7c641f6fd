import { InvalidArgumentError, type Command } from 'commander'
import { readFile } from 'node:fs/promises'
import { organiser } from '../auth/viewer.ts'
import { Misused, Refused, type Backend } from './backend.ts'
import { activeRows, progressBar, rowsOf, settled, type Row } from './running.ts'
import { groupsOfConfig } from './groups.ts'
import { command, EXIT, print, table, withBackend, type Common, type Variables } from './shell.ts'

interface LaunchOptions extends Common {
  groups?: string
  fromDb?: true
  group?: string
  kilo?: string
  vscodeSettings?: string
  secure?: true
  image?: string
  timeout?: number
  port?: number
}

interface Started {
  user: { username: string }
  instance: { id: string } | null
  warning: string | null
}

const EXAMPLES = `
Without --groups it starts everybody of the database; a Groups YAML stored there (Settings > Configuration files), or else the
groups of thon.yaml, are added first. Files given here go before the stored ones, for the sandboxes started now.

Examples:
  thon launch                               everybody who is in the database
  thon launch --groups groups.yaml          adds who is in the file, and starts them
  thon launch --group team-alpha --secure   one group, with a password each`

/** `thon launch`: starts everyone, and prints where they are. Ends with 1 when somebody’s sandbox did not come up. */
export function launchCommand(variables: Variables): Command {
  return command('launch', 'start everybody’s sandbox, and print their addresses and passwords')
    .option('--groups <file>', 'a groups file: who is in it is added, and started')
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
  await assertEngine(backend)
  const start = await startOptions(options)
  const groups = await chosenGroups(backend, variables, options)
  const started: (Started & { group: string })[] = []
  for (const { id, name } of groups) {
    const { startGroup } = await backend.ask<{ startGroup: Started[] }>(
      `mutation ($id: ID!, $options: StartOptionsInput) { startGroup(id: $id, options: $options) {
        user { username } instance { id } warning } }`,
      { id, options: start },
    )
    started.push(...startGroup.map((one) => ({ ...one, group: name })))
  }
  const ids = started.flatMap(({ instance }) => instance?.id ?? [])
  const bar = progressBar('Starting', ids.length)
  await settled(backend, ids, (done) => bar.show(done))
  bar.end()
  const names = new Set(groups.map(({ name }) => name))
  // Those who had a sandbox before are listed too: the table is for everybody.
  const before = (await activeRows(backend, null)).filter(({ group, id }) => names.has(group) && !ids.includes(id))
  const rows = await rowsOf(backend, [...ids, ...before.map(({ id }) => id)])
  const skipped = started.filter(({ instance }) => instance === null)
  print(options, { instances: rows.map(shown), skipped: skipped.map(reasonOf) }, () =>
    inWords(rows, skipped.length, backend.url === null),
  )
  const failed = rows.filter(({ id, state }) => ids.includes(id) && state !== 'Running')
  if (failed.length > 0) process.exitCode = EXIT.failed
}

/** @throws Refused where sandboxes would end with this command, or nothing can run at all */
async function assertEngine(backend: Backend): Promise<void> {
  const { engine } = await backend.ask<{ engine: { connected: boolean; message: string | null } }>(
    '{ engine { connected message } }',
  )
  if (!engine.connected) throw new Refused(`No sandbox can be started. ${engine.message ?? ''}`.trim())
  const cannot = backend.app?.services.engine.view(organiser).cannot ?? []
  if (cannot.includes('survival'))
    throw new Refused(
      'Sandboxes of the embedded engine end with the program that starts them. Run `thon serve` first, and this command beside it.',
    )
}

async function startOptions({ kilo, vscodeSettings, secure, image, timeout, port }: LaunchOptions): Promise<object> {
  const given = { config_kilo_json: kilo, config_vscode_settings: vscodeSettings }
  const files = await Promise.all(
    Object.entries(given).flatMap(([key, path]) =>
      path === undefined ? [] : [readFile(path, 'utf8').then((content) => ({ key, content }))],
    ),
  )
  return { port, secure, timeoutMinutes: timeout, image, files: files.length > 0 ? files : undefined }
}

/** The groups to start, those of a groups file added first. @throws Refused where there is nobody */
async function chosenGroups(
  backend: Backend,
  variables: Variables,
  options: LaunchOptions,
): Promise<{ id: string; name: string }[]> {
  const { configFile } = await backend.ask<{ configFile: { content: string } }>(
    '{ configFile(key: "config_groups_yaml") { content } }',
  )
  const stored =
    configFile.content.trim() === '' ? ((await groupsOfConfig(variables, options)) ?? '') : configFile.content
  const yaml = options.groups === undefined ? stored : await readFile(options.groups, 'utf8')
  const named = yaml.trim() === '' ? null : await imported(backend, yaml)
  const { groups } = await backend.ask<{ groups: { id: string; name: string; userCount: number }[] }>(
    '{ groups { id name userCount } }',
  )
  const wanted = groups.filter(
    ({ name }) =>
      (options.group === undefined || name === options.group) && (options.groups === undefined || named?.has(name)),
  )
  if (options.group !== undefined && wanted.length === 0) throw new Refused(`There is no group ${options.group}.`)
  if (wanted.every(({ userCount }) => userCount === 0))
    throw new Refused('There is nobody to start: add groups and users, or name a groups file with --groups.')
  return wanted
}

/** @returns the names of the groups in the file */
async function imported(backend: Backend, yaml: string): Promise<Set<string>> {
  const { importGroups } = await backend.ask<{ importGroups: { changes: { kind: string; name: string }[] } }>(
    'mutation ($yaml: String!) { importGroups(yaml: $yaml) { changes { kind name } } }',
    { yaml },
  )
  return new Set(importGroups.changes.filter(({ kind }) => kind === 'group').map(({ name }) => name))
}

function addressOf({ publicUrl, domainUrl, url }: Row): string | null {
  return domainUrl ?? publicUrl ?? url
}

function shown(row: Row) {
  const { id, group, username, state, password, reason, notice } = row
  return { id, group, username, state, url: addressOf(row), password, reason, notice }
}

function reasonOf({ group, user, warning }: Started & { group: string }) {
  return { group, username: user.username, reason: warning }
}

function inWords(rows: Row[], skipped: number, isServerAway: boolean): string {
  const lines = rows.map((row) => [
    ...[row.group, row.username, row.state, addressOf(row), row.password],
    row.reason ?? row.notice ?? '',
  ])
  const running = rows.filter(({ state }) => state === 'Running').length
  const rest = skipped > 0 ? `; ${skipped} had a sandbox already` : ''
  const away = isServerAway ? '\nNo THON runs yet: the addresses lead to the sandboxes once `thon serve` does.' : ''
  return `${table(['GROUP', 'USER', 'STATE', 'ADDRESS', 'PASSWORD', 'NOTE'], lines)}\n\n${running} of ${rows.length} run${rest}.${away}`
}

function whole(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('It must be a whole number.')
  return Number(text)
}
