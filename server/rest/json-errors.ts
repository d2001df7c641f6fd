/** Where a text stops being JSON. */
export interface JsonError {
  /** Characters (not UTF-16 units) before the error, as Python counts. */
  at: number
  /** What was expected there. */
  message: string
}

class JsonSyntaxError extends Error {
  readonly at: number

  constructor(at: number, message: string) {
    super(message)
    this.at = at
  }
}

const SPACE = /[ \t\n\r]*/y
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const PLAIN = /[^"\\\p{Cc}]*/uy
const WORD = /null|true|false/y

/**
 * Finds the error in a text that JSON.parse refused, with the position and words of Python's json module (3.13), which
 * scripts read in `loc` and `ctx` of the answer. https://github.com/python/cpython/blob/3.13/Modules/_json.c
 */
export function findJsonError(text: string): JsonError {
  try {
    const end = skip(text, value(text, skip(text, 0)))
    if (end < text.length) throw new JsonSyntaxError(end, 'Extra data')
  } catch (error) {
    if (error instanceof JsonSyntaxError)
      return { at: Array.from(text.slice(0, error.at)).length, message: error.message }
    // Nested deeper than this function's stack reaches.
    if (!(error instanceof RangeError)) throw error
  }
  return { at: 0, message: 'Expecting value' }
}

/** Each reader takes the position of its first character and returns the position after its last. */
function value(text: string, at: number): number {
  const first = text[at]
  if (first === '"') return string(text, at)
  if (first === '{') return object(text, at)
  if (first === '[') return array(text, at)
  const end = match(WORD, text, at) ?? match(NUMBER, text, at)
  if (end === null) throw new JsonSyntaxError(at, 'Expecting value')
  return end
}

function object(text: string, begin: number): number {
  let at = skip(text, begin + 1)
  if (text[at] === '}') return at + 1
  for (;;) {
    if (text[at] !== '"') throw new JsonSyntaxError(at, 'Expecting property name enclosed in double quotes')
    at = skip(text, string(text, at))
    if (text[at] !== ':') throw new JsonSyntaxError(at, "Expecting ':' delimiter")
    at = skip(text, value(text, skip(text, at + 1)))
    if (text[at] === '}') return at + 1
    at = comma(text, at, '}', 'object')
  }
}

function array(text: string, begin: number): number {
  let at = skip(text, begin + 1)
  if (text[at] === ']') return at + 1
  for (;;) {
    at = skip(text, value(text, at))
    if (text[at] === ']') return at + 1
    at = comma(text, at, ']', 'array')
  }
}

function comma(text: string, at: number, close: string, what: string): number {
  if (text[at] !== ',') throw new JsonSyntaxError(at, "Expecting ',' delimiter")
  const next = skip(text, at + 1)
  if (text[next] === close) throw new JsonSyntaxError(at, `Illegal trailing comma before end of ${what}`)
  return next
}

function string(text: string, begin: number): number {
  let at = begin + 1
  for (;;) {
    at = match(PLAIN, text, at) ?? at
    const found = text[at]
    if (found === '"') return at + 1
    if (found === undefined) throw new JsonSyntaxError(begin, 'Unterminated string starting at')
    if (found !== '\\') {
      // DEL and the C1 controls may stand in JSON; the others may not.
      if (found < ' ') throw new JsonSyntaxError(at, 'Invalid control character at')
      at += 1
    } else at = escape(text, at, begin)
  }
}

function escape(text: string, at: number, begin: number): number {
  const letter = text[at + 1]
  if (letter === undefined) throw new JsonSyntaxError(begin, 'Unterminated string starting at')
  if (letter !== 'u') {
    if (!'"\\/bfnrt'.includes(letter)) throw new JsonSyntaxError(at, 'Invalid \\escape')
    return at + 2
  }
  const isWhole = /^[\da-fA-F]{4}$/.test(text.slice(at + 2, at + 6)) && at + 6 < text.length
  if (!isWhole) throw new JsonSyntaxError(at + 1, 'Invalid \\uXXXX escape')
  return at + 6
}

function skip(text: string, at: number): number {
  return match(SPACE, text, at) ?? at
}

function match(pattern: RegExp, text: string, at: number): number | null {
  pattern.lastIndex = at
  return pattern.test(text) ? pattern.lastIndex : null
}
