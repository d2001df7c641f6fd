/** At most this much of what a provider says is passed on. */
const LONGEST = 200

/** Secrets shorter than this would tear words apart when they are blotted out; the real ones are far longer. */
const SHORTEST_HIDDEN = 6

/**
 * Somebody else's text, fit to be shown and logged.
 * @param text what a provider, or a request, says
 * @param hidden secrets that must not be in it, also not as URLs or Basic credentials have them
 * @returns without control characters and secrets, at most 200 characters
 */
export function words(text: string, hidden: readonly string[] = []): string {
  let clean = printable(text)
  for (const secret of hidden) {
    if (secret.length < SHORTEST_HIDDEN) continue
    for (const form of [secret, encodeURIComponent(secret), new URLSearchParams({ s: secret }).toString().slice(2)])
      clean = clean.replaceAll(form, '[hidden]')
  }
  return cut(clean, LONGEST)
}

/**
 * A name as a provider has it, fit to be shown. @returns at most 100 characters; '' when nothing of it can be shown
 */
export function shownName(name: string | null | undefined): string {
  return cut(printable(name ?? ''), 100)
}

/**
 * An address as it is compared with others. The Kelvin sign is the one letter whose lower case is in ASCII though it is
 * not: somebody's mailbox would become somebody else's.
 * @returns in lower case; null when there is none, or it is no address
 */
export function address(email: string | null | undefined): string | null {
  const trimmed = email?.trim() ?? ''
  if (trimmed.length > 254 || trimmed.includes('\u212a')) return null
  return /^[^\s@,\p{C}]+@[^\s@,\p{C}]+$/u.test(trimmed) ? trimmed.toLowerCase() : null
}

/** Without control characters, lone surrogates, and what turns the direction of the text around. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu, ' ').trim()
}

/** By characters, so that none is halved. */
function cut(text: string, length: number): string {
  return text.length <= length ? text : [...text.slice(0, 2 * length)].slice(0, length).join('')
}
