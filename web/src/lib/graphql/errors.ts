import type { CombinedError } from '@urql/svelte'
import { sentence } from '#lib/ui/words.ts'

/** What went wrong, ready to be shown. */
export interface Problem {
  /** `extensions.code`, or NETWORK or UNKNOWN. */
  code: string
  /** A few words. */
  title: string
  /** A sentence. */
  message: string
  /** For forms: the name of the refused argument, without a leading `input.`, and the rule it broke. */
  fields: Record<string, string>
}

const UNKNOWN = 'Something went wrong'

/** The one table from code to title. */
const titles: Record<string, string> = {
  INVALID_INPUT: 'Please check what you entered',
  NOT_FOUND: 'Not found',
  CONFLICT: 'Not possible right now',
  FORBIDDEN: 'You can’t do that',
  UNAUTHENTICATED: 'Please sign in',
  UNAVAILABLE: 'Not available right now',
  NETWORK: 'Can’t reach the server',
  UNKNOWN,
}

/** Turns an error of a query or mutation into what people read. Only the server's own refusals are shown as they are. */
export function problemOf(error: CombinedError | undefined): Problem {
  const first = error?.graphQLErrors[0]
  const code = first ? codeOf(first.extensions.code) : error?.networkError ? 'NETWORK' : 'UNKNOWN'
  return {
    code,
    title: titles[code] ?? UNKNOWN,
    message: messageOf(code, first?.message),
    fields: fieldsOf(first),
  }
}

/** Whether the session has ended. */
export function isSignedOut(error: CombinedError): boolean {
  return error.graphQLErrors.some(({ extensions }) => extensions.code === 'UNAUTHENTICATED')
}

function codeOf(code: unknown): string {
  return typeof code === 'string' && code in titles ? code : 'UNKNOWN'
}

function messageOf(code: string, message: string | undefined): string {
  if (code === 'NETWORK') return 'Nothing was lost. Check your connection, then try again.'
  if (code === 'UNKNOWN' || !message)
    return 'That’s a problem on the server, not with what you did. Try again in a moment.'
  return message
}

function fieldsOf(error: CombinedError['graphQLErrors'][number] | undefined): Record<string, string> {
  const fields = error?.extensions.fields
  if (!Array.isArray(fields)) return {}
  return Object.fromEntries(
    (fields as { field: string; message: string }[]).map(({ field, message }) => [
      field.replace(/^input\./, ''),
      sentence(message),
    ]),
  )
}
