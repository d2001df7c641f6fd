/** Longest sentence that is shown. */
const LONGEST = 300

/**
 * What an error of Lemonade says, as a sentence. Its bodies have four shapes: `{error: text}`, the same with a code, and
 * `{error: {message, …}}` of its own or passed through from llama-server; through a proxy it may be any text.
 */
export function said(body: string): string {
  const text = messageIn(body) ?? body.replace(/<[^>]*>/g, ' ')
  const line = text.replace(/\s+/g, ' ').trim()
  if (line === '') return 'It gave no reason'
  return line.length > LONGEST ? `${line.slice(0, LONGEST).toWellFormed()}…` : line
}

function messageIn(body: string): string | null {
  try {
    const { error } = JSON.parse(body) as { error?: unknown }
    if (typeof error === 'string') return error
    if (typeof error !== 'object' || error === null || !('message' in error)) return null
    return typeof error.message === 'string' ? error.message : null
  } catch {
    return null
  }
}
