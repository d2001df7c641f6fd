let last = 0

/** A time for a new row, later than every earlier one: many rows are created within a millisecond, and lists keep their order. */
export function monotonicNow(): Date {
  last = Math.max(Date.now(), last + 1)
  return new Date(last)
}
