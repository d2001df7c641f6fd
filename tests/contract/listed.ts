import type { Difference } from '../kit/conformance/difference.ts'

/** A refusal with its status and reason. */
export function refused(row: number, why: string, status: number, detail: unknown): Difference {
  return { row, why, answer: { status, body: { detail } } }
}

/** Input that breaks rules: where, and what was sent there. */
export function invalid(
  row: number,
  why: string,
  faults: [(string | number)[], unknown][],
  msg = /^Value error, /,
): Difference {
  const detail = faults.map(([loc, input]) => ({ type: 'value_error', loc, msg, input, ctx: { error: {} } }))
  return refused(row, why, 422, detail)
}

/** As recorded, but for these places. */
export function changed(row: number, why: string, values: Record<string, unknown>, without?: string[]): Difference {
  return { row, why, edit: { values, without } }
}
