import type { AnyVariables, TypedDocumentNode } from '@urql/svelte'
import { toast } from 'svelte-sonner'
import { tabClient } from './client.ts'
import { problemOf, type Problem } from './errors.ts'

/** What became of an act: its data, or why not. */
export type MutationOutcome<Data> = { data: Data; problem: null } | { data: null; problem: Problem }

/** How an act tells people of its end. */
export interface Feedback {
  /** Toast when it worked. */
  success?: string
  /** The caller shows the problem itself, as forms do: no toast. */
  silent?: boolean
}

// The activity log reports failures to everybody; who has just read one as a toast need not read it twice.
const told = new Map<string, number>()

/** Whether this tab has said the same within the last seconds. */
export function shownRecently(message: string): boolean {
  return Date.now() - (told.get(message) ?? 0) < 5_000
}

/** Runs a mutation. Rows it returns update every list through the cache. A failure is a toast, unless `silent`. */
export async function mutate<Data, Variables extends AnyVariables>(
  mutation: TypedDocumentNode<Data, Variables>,
  variables: Variables,
  { success, silent = false }: Feedback = {},
): Promise<MutationOutcome<Data>> {
  const { data, error } = await tabClient().mutation(mutation, variables).toPromise()
  if (error || !data) {
    const problem = error ? problemOf(error) : noAnswer
    told.set(problem.message, Date.now())
    // Of the end of the session the whole page speaks.
    if (!silent && problem.code !== 'UNAUTHENTICATED') toast.error(problem.title, { description: problem.message })
    return { data: null, problem }
  }
  if (success) toast.success(success)
  return { data, problem: null }
}

const noAnswer: Problem = {
  code: 'UNKNOWN',
  title: 'That did not work',
  message: 'Something went wrong on the server.',
  fields: {},
}
