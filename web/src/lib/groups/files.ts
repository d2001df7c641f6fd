import type { ImportGroupsMutation } from '#lib/graphql/generated/graphql.ts'
import { tabClient } from '#lib/graphql/client.ts'
import { problemOf, type Problem } from '#lib/graphql/errors.ts'
import { sentence } from '#lib/ui/words.ts'
import { ExportGroups } from './documents.ts'
import { ImportGroups } from './mutations.ts'

/** What an import did, or would do. */
export type Report = ImportGroupsMutation['importGroups']

/** A problem of a groups file. */
export interface FileProblem {
  /** From 1; null for a problem of the whole file. */
  line: number | null
  column: number | null
  message: string
}

/** The result of an import or of a dry run. */
export type Imported =
  | { report: Report; faults: null; problem: null }
  | { report: null; faults: FileProblem[]; problem: null }
  | { report: null; faults: null; problem: Problem }

/** The longest groups file that the server reads, in bytes. */
export const LONGEST = 1_048_576

/** Imports a groups file. @param dryRun only asks what would change */
export async function importGroups(yaml: string, dryRun: boolean): Promise<Imported> {
  const { data, error } = await tabClient().mutation(ImportGroups, { input: { yaml, dryRun } }).toPromise()
  if (data) return { report: data.importGroups, faults: null, problem: null }
  // All problems are about one argument. A record by field, as forms use, would keep only the last.
  const fields = error?.graphQLErrors[0]?.extensions.fields
  if (Array.isArray(fields) && fields.length > 0)
    return { report: null, faults: (fields as { message: string }[]).map(fileProblemOf), problem: null }
  return { report: null, faults: null, problem: problemOf(error) }
}

/** Reads "line 3, column 5: user name must be text". */
function fileProblemOf({ message }: { message: string }): FileProblem {
  const [, line, column, rule] = /^line (\d+), column (\d+): (.*)$/s.exec(message) ?? []
  if (!line || !column || !rule) return { line: null, column: null, message: sentence(message) }
  return { line: Number(line), column: Number(column), message: sentence(rule) }
}

/** Downloads all events and groups as a file. @returns the problem, if any */
export async function downloadGroups(): Promise<Problem | null> {
  const { data, error } = await tabClient().query(ExportGroups, {}, { requestPolicy: 'network-only' }).toPromise()
  if (!data) return problemOf(error)
  const url = URL.createObjectURL(new Blob([data.exportGroups], { type: 'application/yaml' }))
  const link = document.createElement('a')
  link.href = url
  link.download = 'groups.yaml'
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
  return null
}

/** A groups file to start from. */
export const EXAMPLE = `event_id: spring-hack
title: Spring Hackathon
groups:
  team-alpha:
    - ann
    - name: ben
      email: ben@example.org
  team-beta:
    title: The Betas
    users: [cleo, dan]
`
