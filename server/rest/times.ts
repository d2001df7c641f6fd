/** A time as Python writes one of a database row: UTC without saying so, six digits of a second, none when they are zero. */
export function rowTime(time: Date): string {
  return time.toISOString().replace(/\.(\d{3})Z$/, (_all, digits: string) => (digits === '000' ? '' : `.${digits}000`))
}

/** As `rowTime`, with the zone. */
export function utcTime(time: Date): string {
  return `${rowTime(time)}Z`
}
