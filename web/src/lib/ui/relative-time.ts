const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** Times nearer than this are shown in seconds, and so change every second. */
export const TOLD_IN_SECONDS = 90 * SECOND

/** "12 s ago", "in 5 min". Clocks of two machines differ, so a moment just ahead is now. */
export function relative(at: number, now: number): string {
  const distance = Math.abs(at - now)
  if (distance < 2 * SECOND) return 'just now'
  return at > now ? `in ${span(distance)}` : `${span(distance)} ago`
}

/** "45 s", "5 min", "3 h 20 min", "23 h", "4 d", each to the nearest of its last unit. */
export function span(milliseconds: number): string {
  if (milliseconds < TOLD_IN_SECONDS) return `${Math.round(milliseconds / SECOND)} s`
  const minutes = Math.round(milliseconds / MINUTE)
  if (minutes < 60) return `${minutes} min`
  if (minutes < 6 * 60) {
    const rest = minutes % 60
    return `${Math.floor(minutes / 60)} h${rest > 0 ? ` ${rest} min` : ''}`
  }
  // Up to a day and a half, "1 d" would say too little.
  if (milliseconds < 1.5 * DAY) return `${Math.round(milliseconds / HOUR)} h`
  return `${Math.round(milliseconds / DAY)} d`
}

/** The exact moment, in the reader's zone and in UTC. */
export function exact(at: string): string {
  const local = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'long' }).format(new Date(at))
  return `${local} · ${at.replace('T', ' ').replace(/\.\d+Z$/, ' UTC')}`
}
