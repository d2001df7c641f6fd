import type { ImportGroupsMutation } from '#lib/graphql/generated/graphql.ts'
import { tabClient } from '#lib/graphql/client.ts'
import { problemOf, type Problem } from '#lib/graphql/errors.ts'
import { ExportGroups } from './documents.ts'
import { ImportGroups } from './mutations.ts'

/** What an import does, or would do. */
export type Report = ImportGroupsMutation['importGroups']

/** One thing wrong with a groups file. */
export interface Fault {
  /** Where, from 1; null when it is about the whole file. */
  line: number | null
  column: number | null
  message: string
}

/** What became of an import, or of its rehearsal. */
export type Imported =
  | { report: Report; faults: null; problem: null }
  | { report: null; faults: Fault[]; problem: null }
  | { report: null; faults: null; problem: Problem }

/** Longest groups file the server reads. */
export const LONGEST = 1_048_576

/** Imports a groups file; `dryRun` only asks what would happen. */
export async function importGroups(yaml: string, dryRun: boolean): Promise<Imported> {
  const { data, error } = await tabClient().mutation(ImportGroups, { yaml, dryRun }).toPromise()
  if (data) return { report: data.importGroups, faults: null, problem: null }
  // Every fault is of the one argument, so a table by field, as forms have it, would keep the last alone.
  const fields = error?.graphQLErrors[0]?.extensions.fields
  if (Array.isArray(fields) && fields.length > 0)
    return { report: null, faults: (fields as { message: string }[]).map(faultOf), problem: null }
  return { report: null, faults: null, problem: problemOf(error!) }
}

/** Reads "line 3, column 5: must be a name". */
function faultOf({ message }: { message: string }): Fault {
  const [, line, column, rule] = /^line (\d+), column (\d+): (.*)$/s.exec(message) ?? []
  if (!line || !column || !rule) return { line: null, column: null, message }
  return { line: Number(line), column: Number(column), message: rule }
}

/** Gives everything to the browser as a file. @returns why not, if not */
export async function downloadGroups(): Promise<Problem | null> {
  const { data, error } = await tabClient().query(ExportGroups, {}, { requestPolicy: 'network-only' }).toPromise()
  if (!data) return problemOf(error!)
  const url = URL.createObjectURL(new Blob([data.exportGroups], { type: 'application/yaml' }))
  const link = document.createElement('a')
  link.href = url
  link.download = 'groups.yaml'
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
  return null
}

/** A groups file to begin with. */
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
