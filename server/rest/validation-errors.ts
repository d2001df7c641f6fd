import type { z } from '@hono/zod-openapi'
import type { InvalidInput } from '../core/errors.ts'

/** Which part of a request is meant. */
export type Part = 'path' | 'query' | 'body'

/** One refused input in FastAPI's shape: https://docs.pydantic.dev/latest/errors/validation_errors/ */
export interface Fault {
  /** Pydantic's name of the rule, such as `int_parsing`. */
  type: string
  /** The part of the request, then the way to the value in it. */
  loc: (string | number)[]
  msg: string
  /** What was sent there. */
  input: unknown
  ctx?: Record<string, unknown>
}

/** What a field of `fields.ts` says of a value that it refuses. */
export interface Refusal {
  type: string
  msg: string
  ctx?: Record<string, unknown>
}

/** The request's input has the wrong shape; answered as 422 with the list. */
export class Unprocessable extends Error {
  readonly faults: Fault[]

  constructor(faults: Fault[]) {
    super(faults.map((fault) => `${fault.loc.join('.')}: ${fault.msg}`).join('; '))
    this.faults = faults
  }
}

/** What is absent. @param input the object it is absent from; null for a whole body */
export function missing(loc: (string | number)[], input: unknown): Fault {
  return { type: 'missing', loc, msg: 'Field required', input }
}

/** @param root what the schema was given */
export function faultsOfShape(error: z.ZodError, part: Part, root: unknown): Fault[] {
  return error.issues.map((issue) => {
    const path = issue.path as (string | number)[]
    const loc = [part, ...path]
    const input = valueAt(root, path)
    if (input === undefined)
      return missing(loc, part === 'body' && path.length > 0 ? valueAt(root, path.slice(0, -1)) : null)
    return { type: 'value_error', msg: issue.message, loc, input, ...refusalOf(issue, path.length === 0) }
  })
}

/**
 * What a service refused, as the caller sent it.
 * @param given the parts of the request, under their names on the wire
 * @param wire names on the wire of fields that are not their own in snake_case
 */
export function faultsOfRule(
  error: InvalidInput,
  given: Partial<Record<Part, unknown>>,
  wire: Record<string, string> = {},
): Fault[] {
  return error.fields.map(({ field, message }) => {
    const path = field.split('.').map((step) => (/^\d+$/.test(step) ? Number(step) : (wire[step] ?? onWire(step))))
    const part =
      (['path', 'query'] as const).find((one) => valueAt(given[one], path.slice(0, 1)) !== undefined) ?? 'body'
    return {
      type: 'value_error',
      loc: [part, ...path],
      msg: `Value error, ${message}`,
      input: valueAt(given[part], path) ?? null,
      // As FastAPI renders the exception that is there in Python.
      ctx: { error: {} },
    }
  })
}

function refusalOf(issue: z.core.$ZodIssue, isRoot: boolean): Partial<Refusal> {
  if (issue.code === 'custom') return (issue.params ?? {}) as Partial<Refusal>
  if (issue.code !== 'invalid_type') return {}
  if (issue.expected === 'array') return { type: 'list_type', msg: 'Input should be a valid list' }
  return isRoot
    ? { type: 'model_attributes_type', msg: 'Input should be a valid dictionary or object to extract fields from' }
    : { type: 'dict_type', msg: 'Input should be a valid dictionary' }
}

function valueAt(root: unknown, path: readonly (string | number)[]): unknown {
  let value = root
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined
    value = (value as Record<string | number, unknown>)[step]
  }
  return value
}

function onWire(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
