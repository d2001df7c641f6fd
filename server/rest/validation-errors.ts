import type { z } from '@hono/zod-openapi'
import type { InvalidInput } from '../core/errors.ts'

/** A part of a request. */
export type Part = 'path' | 'query' | 'body'

/** One refused input in FastAPI's shape: https://docs.pydantic.dev/latest/errors/validation_errors/ */
export interface ValidationError {
  /** Pydantic's name of the rule, such as `int_parsing`. */
  type: string
  /** The part of the request, then the path to the value. */
  loc: (string | number)[]
  msg: string
  /** The value that was sent. */
  input: unknown
  ctx?: Record<string, unknown>
}

/** Why a field of `fields.ts` refuses a value. */
export interface FieldRefusal {
  type: string
  msg: string
  ctx?: Record<string, unknown>
}

/** The input has the wrong shape or breaks a rule; answered as 422 with the list. */
export class Unprocessable extends Error {
  readonly faults: ValidationError[]

  constructor(faults: ValidationError[]) {
    super(faults.map((fault) => `${fault.loc.join('.')}: ${fault.msg}`).join('; '))
    this.faults = faults
  }
}

/** A missing field. @param input the object that lacks it; null for a whole body */
export function missingError(loc: (string | number)[], input: unknown): ValidationError {
  return { type: 'missing', loc, msg: 'Field required', input }
}

/** The errors of a schema. @param root its input */
export function shapeErrors(error: z.ZodError, part: Part, root: unknown): ValidationError[] {
  return error.issues.map((issue) => {
    const path = issue.path as (string | number)[]
    const loc = [part, ...path]
    const input = valueAt(root, path)
    if (input === undefined)
      return missingError(loc, part === 'body' && path.length > 0 ? valueAt(root, path.slice(0, -1)) : null)
    return { type: 'value_error', msg: issue.message, loc, input, ...typeAndMessageOf(issue, path.length === 0) }
  })
}

/**
 * The errors of a service, in terms of the request.
 * @param given the parts of the request, under their names in the request
 * @param wire REST names of fields, where they are not just snake_case
 */
export function ruleErrors(
  error: InvalidInput,
  given: Partial<Record<Part, unknown>>,
  wire: Record<string, string> = {},
): ValidationError[] {
  return error.fields.map(({ field, message }) => {
    const path = field.split('.').map((step) => (/^\d+$/.test(step) ? Number(step) : (wire[step] ?? wireName(step))))
    const part =
      (['path', 'query'] as const).find((one) => valueAt(given[one], path.slice(0, 1)) !== undefined) ?? 'body'
    return {
      type: 'value_error',
      loc: [part, ...path],
      msg: `Value error, ${message}`,
      input: valueAt(given[part], path) ?? null,
      // FastAPI renders the Python exception as an empty object.
      ctx: { error: {} },
    }
  })
}

function typeAndMessageOf(issue: z.core.$ZodIssue, isRoot: boolean): Partial<FieldRefusal> {
  if (issue.code === 'custom') return (issue.params ?? {}) as Partial<FieldRefusal>
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

function wireName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
