import type { CombinedError } from '@urql/svelte'

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

/** The one table from code to title. */
const titles: Record<string, string> = {
  INVALID_INPUT: 'That input was refused',
  NOT_FOUND: 'It is not there any more',
  CONFLICT: 'Not possible now',
  FORBIDDEN: 'You may not do that',
  UNAUTHENTICATED: 'Please sign in',
  UNAVAILABLE: 'Not available now',
  NETWORK: 'No connection to the server',
  UNKNOWN: 'That did not work',
}

/** Makes an error of a query or mutation fit to be shown. The server's refusals are shown as they are; nothing else is. */
export function problemOf(error: CombinedError): Problem {
  const first = error.graphQLErrors[0]
  const code = first ? codeOf(first.extensions.code) : error.networkError ? 'NETWORK' : 'UNKNOWN'
  return {
    code,
    title: titles[code] ?? titles.UNKNOWN!,
    message: messageOf(code, first?.message),
    fields: fieldsOf(first),
  }
}

/** Whether the server does not know any more who asks. */
export function isSignedOut(error: CombinedError): boolean {
  return error.graphQLErrors.some(({ extensions }) => extensions.code === 'UNAUTHENTICATED')
}

function codeOf(code: unknown): string {
  return typeof code === 'string' && code in titles ? code : 'UNKNOWN'
}

function messageOf(code: string, message: string | undefined): string {
  if (code === 'NETWORK') return 'The server does not answer. Nothing is lost; try again in a moment.'
  if (code === 'UNKNOWN' || !message) return 'Something went wrong on the server.'
  return message
}

function fieldsOf(error: CombinedError['graphQLErrors'][number] | undefined): Record<string, string> {
  const fields = error?.extensions.fields
  if (!Array.isArray(fields)) return {}
  return Object.fromEntries(
    (fields as { field: string; message: string }[]).map(({ field, message }) => [
      field.replace(/^input\./, ''),
      message,
    ]),
  )
}
