import type { Difference } from '../kit/conformance/difference.ts'

/** An error with its status and detail. */
export function refused(row: number, why: string, status: number, detail: unknown): Difference {
  return { row, why, answer: { status, body: { detail } } }
}

/** Invalid input: where, and what was sent there. */
export function invalid(
  row: number,
  why: string,
  errors: [(string | number)[], unknown][],
  msg = /^Value error, /,
): Difference {
  const detail = errors.map(([loc, input]) => ({ type: 'value_error', loc, msg, input, ctx: { error: {} } }))
  return refused(row, why, 422, detail)
}

/** As recorded, except for these values. */
export function changed(row: number, why: string, values: Record<string, unknown>, without?: string[]): Difference {
  return { row, why, edit: { values, without } }
}
