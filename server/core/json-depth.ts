/** Deepest nesting of JSON that is read, in levels. The dashboard needs 6; what is nested deeper costs far more than its size. */
const MAX_DEPTH = 32

const [QUOTE, BACKSLASH] = [34, 92]

/** Whether a JSON text is nested too deeply. Found by one pass over the text, so nothing of it is parsed before. */
export function isTooDeep(text: string): boolean {
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) at = endOfString(text, at)
    // [ and {, then ] and }
    else if (code === 91 || code === 123) depth += 1
    else if (code === 93 || code === 125) depth -= 1
    if (depth > MAX_DEPTH) return true
  }
  return false
}

/** The same for a value that was parsed elsewhere. */
export function isTooDeepValue(value: unknown): boolean {
  let level = [value].filter(isContainer)
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > MAX_DEPTH) return true
    level = level.flatMap((one) => Object.values<unknown>({ ...one }).filter(isContainer))
  }
  return false
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

/** @returns the position of the closing quote, or of the end of the text */
function endOfString(text: string, begin: number): number {
  for (let at = begin + 1; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) return at
    if (code === BACKSLASH) at += 1
  }
  return text.length
}
