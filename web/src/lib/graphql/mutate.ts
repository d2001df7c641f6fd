import type { AnyVariables, TypedDocumentNode } from '@urql/svelte'
import { toast } from 'svelte-sonner'
import { tabClient } from './client.ts'
import { problemOf, type Problem } from './errors.ts'

/** The result of a mutation: its data, or what went wrong. */
export type MutationOutcome<Data> = { data: Data; problem: null } | { data: null; problem: Problem }

/** How a mutation reports its result. */
export interface Feedback {
  /** The toast on success. */
  success?: string
  /** The caller shows the problem itself, as forms do: no toast. */
  silent?: boolean
}

// The activity log reports failures too; a toast that was just shown here is not shown twice.
const shown = new Map<string, number>()

/** Whether this tab showed the same message within the last seconds. */
export function shownRecently(message: string): boolean {
  return Date.now() - (shown.get(message) ?? 0) < 5_000
}

/** Runs a mutation. Rows it returns update every list through the cache. A failure is shown as a toast, unless `silent`. */
export async function mutate<Data, Variables extends AnyVariables>(
  mutation: TypedDocumentNode<Data, Variables>,
  variables: Variables,
  { success, silent = false }: Feedback = {},
): Promise<MutationOutcome<Data>> {
  const { data, error } = await tabClient().mutation(mutation, variables).toPromise()
  if (error || !data) {
    const problem = problemOf(error)
    shown.set(problem.message, Date.now())
    // The banner of the page reports the end of a session.
    if (!silent && problem.code !== 'UNAUTHENTICATED') toast.error(problem.title, { description: problem.message })
    return { data: null, problem }
  }
  if (success) toast.success(success)
  return { data, problem: null }
}
