import type { Command } from 'commander'
import { writeFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { configFileOf, readConfigFile } from '../app/config-file.ts'
import { readTextFile } from '../config/text-file.ts'
import { UsageError, type Backend } from './backend.ts'
import { command, commandGroup, print, table, withBackend, type CommonOptions, type Variables } from './shell.ts'

/** What an import did, or would do: `action` is create, update, keep or skip. */
export interface ImportReport {
  applied: boolean
  changes: { kind: string; name: string; action: string; detail: string | null }[]
}

type ImportOptions = CommonOptions & { dryRun?: true }

/** `thon groups import|export`. */
export function groupsCommand(variables: Variables): Command {
  return commandGroup('groups', 'import and export groups and users')
    .addCommand(
      command('import', 'add and update the people in a groups file; nobody is deleted')
        .argument('[file]', 'YAML or JSON; - reads standard input; without a file, the groups in thon.yaml')
        .option('--dry-run', 'only show what would change')
        .action(async (file: string | undefined, options: ImportOptions) => {
          const yaml = await readGroups(variables, file, options)
          await withBackend(variables, options, (backend) => importGroups(backend, yaml, options))
        }),
    )
    .addCommand(
      command('export', 'write all groups and users as a groups file')
        .argument('[file]', 'the file to write; without one, standard output')
        .action((file: string | undefined, options: CommonOptions) =>
          withBackend(variables, options, (backend) => exportGroups(backend, file, options)),
        ),
    )
}

/** The groups in thon.yaml, as a groups file; null when it has none. */
export async function groupsOfConfig(variables: Variables, { config }: CommonOptions): Promise<string | null> {
  const { groups } = await readConfigFile(configFileOf(variables, config))
  return groups
}

async function readGroups(variables: Variables, file: string | undefined, options: CommonOptions): Promise<string> {
  if (file !== undefined) return file === '-' ? text(process.stdin) : readTextFile(file)
  const yaml = await groupsOfConfig(variables, options)
  if (yaml === null) throw new UsageError('Name a groups file: thon.yaml has no groups.')
  return yaml
}

async function importGroups(backend: Backend, yaml: string, options: ImportOptions): Promise<void> {
  const answer = await backend.ask<{ importGroups: ImportReport }>(
    `mutation ($yaml: String!, $dryRun: Boolean) { importGroups(input: { yaml: $yaml, dryRun: $dryRun }) {
      applied changes { kind name action detail } } }`,
    { yaml, dryRun: options.dryRun ?? false },
  )
  const report = inLowerCase(answer.importGroups)
  print(options, report, () => describeReport(report))
}

async function exportGroups(backend: Backend, file: string | undefined, options: CommonOptions): Promise<void> {
  const { exportGroups: yaml } = await backend.ask<{ exportGroups: string }>('{ exportGroups }')
  if (file !== undefined) {
    await writeFile(file, yaml)
    print(options, { file }, () => `Written to ${file}.`)
  } else if (options.json) console.log(JSON.stringify({ yaml }, null, 2))
  else process.stdout.write(yaml)
}

/** A report with enum values in lower case, as commands print them. */
export function inLowerCase({ applied, changes }: ImportReport): ImportReport {
  const lower = (value: string) => value.toLowerCase().replaceAll('_', ' ')
  return {
    applied,
    changes: changes.map(({ kind, action, ...rest }) => ({ kind: lower(kind), action: lower(action), ...rest })),
  }
}

/** What an import did, or would do, for people. */
export function describeReport({ applied, changes }: ImportReport): string {
  const real = changes.filter(({ action }) => action !== 'keep')
  const rows = real.map(({ action, kind, name, detail }) => [action, kind, name, detail])
  const count = `${real.length} ${real.length === 1 ? 'change' : 'changes'}`
  const summary = `${count} ${applied ? 'made' : 'would be made'}, ${changes.length - real.length} already up to date.`
  return real.length === 0 ? summary : `${table(['ACTION', 'KIND', 'NAME', 'CHANGE'], rows)}\n\n${summary}`
}

/** A group as commands show it. */
export interface ListedGroup {
  id: string
  name: string
  userCount: number
}

const PAGE = `query ($page: Int!) {
  groups(page: { number: $page, size: 1000 }) { total items { id name userCount } }
}`

/** All groups, in the order they were created. */
export async function allGroups(backend: Backend): Promise<ListedGroup[]> {
  const found: ListedGroup[] = []
  for (let page = 1; ; page++) {
    const { groups } = await backend.ask<{ groups: { total: number; items: ListedGroup[] } }>(PAGE, { page })
    found.push(...groups.items)
    if (groups.items.length === 0 || found.length >= groups.total) return found
  }
}
