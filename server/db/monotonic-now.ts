let last = 0

/** A time for a new row, later than every one given before: lists are in the order things were made, and a millisecond holds many. */
export function monotonicNow(): Date {
  last = Math.max(Date.now(), last + 1)
  return new Date(last)
}
