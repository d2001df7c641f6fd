import { readTextFile } from '../config/text-file.ts'
import { Refused, type Backend } from './backend.ts'
import { groupsOfConfig } from './groups.ts'
import { allGroups } from './running.ts'
import type { Common, Variables } from './shell.ts'

/** Whom to start, as it is said on the command line. */
export interface Choice extends Common {
  /** A groups file. */
  groups?: string
  /** The name of one group. */
  group?: string
}

/** The groups to start, those of a groups file added first. @throws Refused where there is nobody */
export async function chosenGroups(
  backend: Backend,
  variables: Variables,
  options: Choice,
): Promise<{ id: string; name: string }[]> {
  const { configFile } = await backend.ask<{ configFile: { content: string } }>(
    '{ configFile(key: "config_groups_yaml") { content } }',
  )
  const stored =
    configFile.content.trim() === '' ? ((await groupsOfConfig(variables, options)) ?? '') : configFile.content
  const yaml = options.groups === undefined ? stored : await readTextFile(options.groups)
  const named = yaml.trim() === '' ? null : await imported(backend, yaml)
  const wanted = (await allGroups(backend)).filter(
    ({ name }) =>
      (options.group === undefined || name === options.group) && (options.groups === undefined || named?.has(name)),
  )
  if (options.group !== undefined && wanted.length === 0)
    throw new Refused(`There is no group ${options.group}.`, 'NOT_FOUND')
  if (wanted.every(({ userCount }) => userCount === 0))
    throw new Refused('There is nobody to start: add groups and users, or name a groups file with --groups.')
  return wanted
}

/** @returns the names of the groups in the file */
async function imported(backend: Backend, yaml: string): Promise<Set<string>> {
  const { importGroups } = await backend.ask<{ importGroups: { changes: { kind: string; name: string }[] } }>(
    'mutation ($yaml: String!) { importGroups(input: { yaml: $yaml }) { changes { kind name } } }',
    { yaml },
  )
  return new Set(importGroups.changes.filter(({ kind }) => kind === 'GROUP').map(({ name }) => name))
}
