/** Characters of a provider's message that are passed on. */
const LONGEST = 200

/** Hiding secrets shorter than this would garble ordinary words; real ones are far longer. */
const SHORTEST_HIDDEN = 6

/**
 * Text from outside, made safe to show and to log.
 * @param text from a provider or a request
 * @param hidden secrets to remove, also in the forms that URLs and Basic credentials have
 * @returns at most 200 characters, without control characters and secrets
 */
export function safeText(text: string, hidden: readonly string[] = []): string {
  let clean = printable(text)
  for (const secret of hidden) {
    if (secret.length < SHORTEST_HIDDEN) continue
    for (const form of [secret, encodeURIComponent(secret), new URLSearchParams({ s: secret }).toString().slice(2)])
      clean = clean.replaceAll(form, '[hidden]')
  }
  return cut(clean, LONGEST)
}

/**
 * A provider's name for a person, made safe to show. @returns at most 100 characters; '' when nothing of it can be shown
 */
export function shownName(name: string | null | undefined): string {
  return cut(printable(name ?? ''), 100)
}

/**
 * An e-mail address in the form that is compared. The Kelvin sign is refused: it is the one letter outside ASCII whose
 * lower case is in ASCII, so one mailbox would become another.
 * @returns in lower case; null when it is missing or not an address
 */
export function address(email: string | null | undefined): string | null {
  const trimmed = email?.trim() ?? ''
  if (trimmed.length > 254 || trimmed.includes('\u212a')) return null
  return /^[^\s@,\p{C}]+@[^\s@,\p{C}]+$/u.test(trimmed) ? trimmed.toLowerCase() : null
}

/** Without control characters, lone surrogates, and characters that change the direction of the text. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu, ' ').trim()
}

/** Counts characters, not UTF-16 units, so that none is cut in half. */
function cut(text: string, length: number): string {
  return text.length <= length
    ? text
    : Array.from(text.slice(0, 2 * length))
        .slice(0, length)
        .join('')
}
