/** Where a value stands in a JSON document: https://www.rfc-editor.org/rfc/rfc6901 */
export type Pointer = string

/** As `JSON.parse`, but whole numbers too long for a double keep their digits, as a bigint. */
export function parseJson(text: string): unknown {
  // The third argument is in Node 24, and not yet in TypeScript's library.
  const exact = (_key: string, value: unknown, context: { source: string }) =>
    typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(context.source)
      ? BigInt(context.source)
      : value
  return JSON.parse(text, exact as (key: string, value: unknown) => unknown)
}

/** The pointer of a member or an item. */
export function below(pointer: Pointer, step: string | number): Pointer {
  return `${pointer}/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`
}

/** Whether a pointer is `pointer` or leads into it. */
export function isWithin(candidate: Pointer, pointer: Pointer): boolean {
  return candidate === pointer || candidate.startsWith(`${pointer}/`)
}

/** The names and places that a pointer goes through. */
export function stepsOf(pointer: Pointer): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** What stands there; undefined when nothing does. */
export function valueAt(document: unknown, pointer: Pointer): unknown {
  let value = document
  for (const step of stepsOf(pointer)) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined
    value = (value as Record<string, unknown>)[step]
  }
  return value
}

/** Whether it is an object with members: no list, no pattern. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof RegExp)
}

/** As `JSON.stringify`, with the digits of bigints, and patterns as text. */
export function writeJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (typeof inner === 'bigint') return (JSON as RawJson).rawJSON(String(inner))
    return inner instanceof RegExp ? String(inner) : inner
  })
}

/** In Node 24, and not yet in TypeScript's library: https://github.com/tc39/proposal-json-parse-with-source */
interface RawJson extends JSON {
  rawJSON(text: string): unknown
}

/** A value as messages show it, shortened. */
export function show(value: unknown): string {
  if (value === undefined) return 'nothing'
  const text = writeJson(value)
  return text.length > 160 ? `${text.slice(0, 160)}… (${text.length} characters)` : text
}
