import type { Captures } from './captures.ts'
import { below, isRecord, show, type Pointer } from './json.ts'
import { isOfKind, type Kind } from './kinds.ts'
import type { Answer } from './send.ts'

/** What is to be answered: as recorded, or as ours does on purpose. */
export interface Expected {
  status: number
  contentType: string | null
  headers: Record<string, string>
  /** Patterns may stand for strings. */
  body: unknown
  /** What of the body is checked by kind alone. */
  kinds: Record<Pointer, Kind>
  /** What of the body has to be something captured. */
  refs: Record<Pointer, string>
}

/** What Python's own library says at the end of a text need not be said in its words. */
const PYTHONS_OWN = /<urlopen error [^]*$/

/** Every way in which an answer is not what was expected; empty when it is. */
export function compare(wanted: Expected, got: Answer, captures: Captures): string[] {
  const found: string[] = []
  if (got.status !== wanted.status) found.push(differs('status', got.status, wanted.status))
  if ((got.contentType ?? '') !== (wanted.contentType ?? ''))
    found.push(differs('content-type', got.contentType, wanted.contentType))
  for (const name of new Set([...Object.keys(wanted.headers), ...Object.keys(got.headers)])) {
    const [theirs, ours] = [wanted.headers[name], got.headers[name]]
    if (comparable(name, ours) !== comparable(name, theirs)) found.push(differs(`header ${name}`, ours, theirs))
  }
  return [...found, ...compareJson(wanted.body, got.body, wanted, captures)]
}

/** Every pointer at which two documents are not alike. The order of keys is free. */
export function compareJson(
  wanted: unknown,
  got: unknown,
  { kinds, refs }: Pick<Expected, 'kinds' | 'refs'>,
  captures: Captures,
  at: Pointer = '',
): string[] {
  const ref = refs[at]
  // Values that were never captured cannot be distinguished from others of their kind.
  if (ref !== undefined && captures.unknown(ref).length === 0) {
    const filled = captures.fill(ref)
    return got === filled ? [] : [differs(at, got, filled)]
  }
  const kind = kinds[at]
  if (kind)
    return isOfKind(kind, wanted, got) ? [] : [`${where(at)}: ${show(got)}, wanted ${kind} like ${show(wanted)}`]
  if (typeof wanted === 'string' && PYTHONS_OWN.test(wanted) && typeof got === 'string' && got !== wanted)
    return got.startsWith(wanted.replace(PYTHONS_OWN, '')) ? [] : [differs(at, got, wanted)]
  if (wanted instanceof RegExp)
    return typeof got === 'string' && wanted.test(got) ? [] : [`${where(at)}: ${show(got)}, wanted ${wanted}`]
  if (Array.isArray(wanted) && Array.isArray(got)) {
    const places = [...Array(Math.max(wanted.length, got.length)).keys()]
    return members(places, wanted.length, got.length)
  }
  if (isRecord(wanted) && isRecord(got)) {
    const keys = new Set([...Object.keys(wanted), ...Object.keys(got)])
    return [...keys].flatMap((key) => {
      if (!Object.hasOwn(got, key)) return [`${below(at, key)}: missing, wanted ${show(wanted[key])}`]
      if (!Object.hasOwn(wanted, key)) return [`${below(at, key)}: ${show(got[key])}, wanted no such key`]
      return compareJson(wanted[key], got[key], { kinds, refs }, captures, below(at, key))
    })
  }
  return wanted === got ? [] : [differs(at, got, wanted)]

  function members(places: number[], theirs: number, ours: number): string[] {
    return places.flatMap((place) => {
      const [one, other] = [(wanted as unknown[])[place], (got as unknown[])[place]]
      if (place >= ours) return [`${below(at, place)}: missing, wanted ${show(one)}`]
      if (place >= theirs) return [`${below(at, place)}: ${show(other)}, wanted no such item`]
      return compareJson(one, other, { kinds, refs }, captures, below(at, place))
    })
  }
}

/** The part of a header that has to be the same. */
function comparable(name: string, value: string | undefined): string | undefined {
  if (value === undefined) return undefined
  // Where the server is reached is its own affair.
  if (name === 'location') return new URL(value, 'http://any').pathname
  if (name === 'allow') return value.split(/,\s*/).sort().join(', ')
  if (name === 'set-cookie') return value.replace(/=[^;]*/, '=…')
  return value
}

function differs(at: string, got: unknown, wanted: unknown): string {
  return `${where(at)}: ${show(got)}, wanted ${show(wanted)}`
}

function where(at: string): string {
  return at === '' ? 'the body' : at
}
