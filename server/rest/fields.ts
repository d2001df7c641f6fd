import { z } from '@hono/zod-openapi'
import type { FieldRefusal } from './validation-errors.ts'

/**
 * Fields that read values as the Python models did, so that scripts meet the same leniency and the same errors:
 * https://docs.pydantic.dev/latest/concepts/conversion_table/. The services decide what values mean and which are allowed.
 */

type Read<T> = { ok: T } | { refused: FieldRefusal }

/** A field's entry in the OpenAPI document. */
interface Described {
  type: 'string' | 'integer' | 'number' | 'boolean'
  description: string
  example?: string
  enum?: string[]
  minimum?: number
  maximum?: number
}

function field<T>(read: (value: unknown) => Read<T>, described: Described) {
  const schema = z
    .unknown()
    .transform((value, ctx): T => {
      const result = value === undefined ? { refused: { type: 'missing', msg: 'Field required' } } : read(value)
      if ('ok' in result) return result.ok
      ctx.addIssue({ code: 'custom', message: result.refused.msg, params: { ...result.refused } })
      return z.NEVER
    })
    .openapi({ ...described })
  // `openapi({ type })` above replaces the type that these two would derive, so they have to name theirs as well.
  const nullish = schema.nullish.bind(schema)
  const otherwise = schema.default.bind(schema)
  schema.nullish = () => nullish().openapi({ type: [described.type, 'null'] })
  schema.default = (value: unknown) =>
    otherwise(value as never).openapi({ default: typeof value === 'bigint' ? Number(value) : value })
  return schema
}

/** A string; other types are not converted. */
export function text(description: string, example?: string) {
  return field<string>(
    (value) =>
      typeof value === 'string'
        ? { ok: value }
        : { refused: { type: 'string_type', msg: 'Input should be a valid string' } },
    { type: 'string', description, ...(example === undefined ? {} : { example }) },
  )
}

/** A whole number, also as text (`"8444"`) or with a fraction of zero. The bounds are only documented: the services check them. */
export function integer(description: string, bounds: { minimum?: number; maximum?: number } = {}) {
  return field<number>((value) => mapped(wholeNumber(value), Number), { type: 'integer', description, ...bounds })
}

/** A whole number of any size from `minimum` to `maximum`, refused outside. */
export function bounded(description: string, minimum: number, maximum: number | null = null) {
  return field<bigint>(
    (value) => {
      const read = wholeNumber(value)
      if ('refused' in read) return read
      if (read.ok < minimum) return { refused: tooSmall(minimum) }
      return maximum !== null && read.ok > maximum ? { refused: tooLarge(maximum) } : read
    },
    { type: 'integer', description, minimum, ...(maximum === null ? {} : { maximum }) },
  )
}

/** A number, also as text. */
export function decimal(description: string) {
  return field<number>(decimalNumber, { type: 'number', description })
}

/** A boolean, also as a word or number that Python reads as one. */
export function flag(description: string) {
  return field<boolean>(truth, { type: 'boolean', description })
}

/** One of these words, case-sensitive. */
export function oneOf<const T extends string>(words: readonly T[], description: string) {
  const quoted = words.map((word) => `'${word}'`)
  const expected = `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}`
  return field<T>(
    (value) =>
      words.includes(value as T)
        ? { ok: value as T }
        : { refused: { type: 'enum', msg: `Input should be ${expected}`, ctx: { expected } } },
    { type: 'string', enum: [...words], description },
  )
}

const TRUE = new Set(['1', 'on', 't', 'true', 'y', 'yes'])
const FALSE = new Set(['0', 'off', 'f', 'false', 'n', 'no'])
const NO_BOOLEAN: FieldRefusal = { type: 'bool_type', msg: 'Input should be a valid boolean' }

function truth(value: unknown): Read<boolean> {
  if (typeof value === 'boolean') return { ok: value }
  if (typeof value !== 'string' && typeof value !== 'number') return { refused: NO_BOOLEAN }
  // Pydantic tries 64-bit integers only.
  if (typeof value === 'number' && !(Number.isInteger(value) && Math.abs(value) < 2 ** 63))
    return { refused: NO_BOOLEAN }
  const word = String(value).toLowerCase()
  if (TRUE.has(word)) return { ok: true }
  if (FALSE.has(word)) return { ok: false }
  return { refused: { type: 'bool_parsing', msg: 'Input should be a valid boolean, unable to interpret input' } }
}

function decimalNumber(value: unknown): Read<number> {
  if (typeof value === 'number') return { ok: value }
  if (typeof value === 'boolean') return { ok: Number(value) }
  if (typeof value !== 'string') return { refused: { type: 'float_type', msg: 'Input should be a valid number' } }
  const text = value.trim().replace(/(?<=\d)_(?=\d)/g, '')
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return { ok: Number(text) }
  return {
    refused: { type: 'float_parsing', msg: 'Input should be a valid number, unable to parse string as a number' },
  }
}

/** Digits with a sign, underscores between them and a fraction of zeros. Python does not count a BOM as white space. */
const WHOLE = /^(?![\s\S]*\ufeff)\s*([+-]?)(\d+(?:_\d+)*)(?:\.0+)?\s*$/

function wholeNumber(value: unknown): Read<bigint> {
  if (typeof value === 'boolean') return { ok: value ? 1n : 0n }
  if (typeof value === 'number') {
    if (Number.isInteger(value)) return { ok: BigInt(value) }
    return Number.isFinite(value)
      ? {
          refused: {
            type: 'int_from_float',
            msg: 'Input should be a valid integer, got a number with a fractional part',
          },
        }
      : { refused: { type: 'finite_number', msg: 'Input should be a finite number' } }
  }
  if (typeof value !== 'string') return { refused: { type: 'int_type', msg: 'Input should be a valid integer' } }
  const [, sign, digits] = WHOLE.exec(value) ?? []
  if (digits === undefined)
    return {
      refused: { type: 'int_parsing', msg: 'Input should be a valid integer, unable to parse string as an integer' },
    }
  const bare = `${sign}${digits.replace(/^[0_]+(?=\d)/, '').replaceAll('_', '')}`
  if (bare.length > LONGEST_NUMBER)
    return {
      refused: {
        type: 'int_parsing_size',
        msg: 'Unable to parse input string as an integer, exceeded maximum size',
      },
    }
  return { ok: BigInt(bare) }
}

/** Most digits that Python reads, with the sign. */
const LONGEST_NUMBER = 4300

function tooSmall(ge: number): FieldRefusal {
  return { type: 'greater_than_equal', msg: `Input should be greater than or equal to ${ge}`, ctx: { ge } }
}

function tooLarge(le: number): FieldRefusal {
  return { type: 'less_than_equal', msg: `Input should be less than or equal to ${le}`, ctx: { le } }
}

function mapped<A, B>(read: Read<A>, map: (value: A) => B): Read<B> {
  return 'ok' in read ? { ok: map(read.ok) } : read
}
