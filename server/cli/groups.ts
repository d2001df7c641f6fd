import { Command } from 'commander'
import { writeFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { configFileOf, readConfigFile } from '../app/config-file.ts'
import { readTextFile } from '../config/text-file.ts'
import { Misused, type Backend } from './backend.ts'
import { command, endOf, print, table, withBackend, type Common, type Variables } from './shell.ts'

interface Report {
  applied: boolean
  changes: { kind: string; name: string; action: string; detail: string | null }[]
}

/** `thon groups import|export`. */
export function groupsCommand(variables: Variables): Command {
  return new Command('groups')
    .description('groups and users, from and to a file')
    .exitOverride(endOf)
    .addCommand(
      command('import', 'add and update who is in a groups file; it removes nobody')
        .argument('[file]', 'YAML or JSON; - reads what is piped in; without one, the groups of thon.yaml')
        .option('--dry-run', 'only say what would happen')
        .action((file: string | undefined, options: Common & { dryRun?: true }) =>
          textOf(variables, file, options).then((yaml) =>
            withBackend(variables, options, (backend) => importFrom(backend, yaml, options)),
          ),
        ),
    )
    .addCommand(
      command('export', 'write everybody as a groups file')
        .argument('[file]', 'where to; printed without one')
        .action((file: string | undefined, options: Common) =>
          withBackend(variables, options, (backend) => exportTo(backend, file, options)),
        ),
    )
}

/** The groups that thon.yaml has, as a groups file; null when it has none. */
export async function groupsOfConfig(variables: Variables, { config }: Common): Promise<string | null> {
  const { groups } = await readConfigFile(configFileOf(variables, config))
  return groups
}

async function textOf(variables: Variables, file: string | undefined, options: Common): Promise<string> {
  if (file !== undefined) return file === '-' ? text(process.stdin) : readTextFile(file)
  const yaml = await groupsOfConfig(variables, options)
  if (yaml === null) throw new Misused('Name a groups file: thon.yaml has no groups.')
  return yaml
}

async function importFrom(backend: Backend, yaml: string, options: Common & { dryRun?: true }): Promise<void> {
  const { importGroups } = await backend.ask<{ importGroups: Report }>(
    `mutation ($yaml: String!, $dryRun: Boolean) { importGroups(input: { yaml: $yaml, dryRun: $dryRun }) {
      applied changes { kind name action detail } } }`,
    { yaml, dryRun: options.dryRun ?? false },
  )
  const report = inLowerCase(importGroups)
  print(options, report, () => reportInWords(report))
}

async function exportTo(backend: Backend, file: string | undefined, options: Common): Promise<void> {
  const { exportGroups } = await backend.ask<{ exportGroups: string }>('{ exportGroups }')
  if (file === undefined && options.json) return console.log(JSON.stringify({ yaml: exportGroups }, null, 2))
  if (file === undefined) return void process.stdout.write(exportGroups)
  await writeFile(file, exportGroups)
  print(options, { file }, () => `Written to ${file}.`)
}

/** A report with enum values in lower case, as commands print them. */
export function inLowerCase({ applied, changes }: Report): Report {
  const lower = (value: string) => value.toLowerCase().replaceAll('_', ' ')
  return {
    applied,
    changes: changes.map(({ kind, action, ...rest }) => ({ kind: lower(kind), action: lower(action), ...rest })),
  }
}

/** What an import did, or would do, for people. */
export function reportInWords({ applied, changes }: Report): string {
  const real = changes.filter(({ action }) => action !== 'keep')
  const lines = real.map(({ action, kind, name, detail }) => [action, kind, name, detail])
  const many = `${real.length} ${real.length === 1 ? 'change' : 'changes'}`
  const kept = changes.length - real.length
  const sum = `${many} ${applied ? 'made' : 'would be made'}, ${kept} already so.`
  return real.length === 0 ? sum : `${table(['DO', 'WHAT', 'NAME', 'CHANGE'], lines)}\n\n${sum}`
}
