const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** Ages below this are told in seconds, and so change every second. */
export const TOLD_IN_SECONDS = 90 * SECOND

/** "12 s ago", "in 5 min". Clocks of two machines differ, so a moment just ahead is now. */
export function relative(at: number, now: number): string {
  const distance = Math.abs(at - now)
  if (distance < 2 * SECOND) return 'just now'
  return at > now ? `in ${span(distance)}` : `${span(distance)} ago`
}

/** "45 s", "5 min", "3 h 20 min", "4 d". */
export function span(milliseconds: number): string {
  if (milliseconds < TOLD_IN_SECONDS) return `${Math.floor(milliseconds / SECOND)} s`
  if (milliseconds < HOUR) return `${Math.floor(milliseconds / MINUTE)} min`
  if (milliseconds < DAY) {
    const minutes = Math.floor((milliseconds % HOUR) / MINUTE)
    const hours = `${Math.floor(milliseconds / HOUR)} h`
    return milliseconds < 6 * HOUR && minutes > 0 ? `${hours} ${minutes} min` : hours
  }
  return `${Math.floor(milliseconds / DAY)} d`
}

/** The exact moment, in the reader's zone and in UTC. */
export function exact(at: string): string {
  const local = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'long' }).format(new Date(at))
  return `${local} · ${at.replace('T', ' ').replace(/\.\d+Z$/, ' UTC')}`
}
