import { formatBytes } from '#lib/ui/bytes.ts'

const whole = new Intl.NumberFormat('en')
const short = new Intl.NumberFormat('en', { maximumFractionDigits: 1 })

/** A count with separators; a dash when it is unknown. */
export function count(value: number | null | undefined): string {
  return value === null || value === undefined ? '–' : whole.format(value)
}

/** With at most one decimal, and a unit; a dash when it is unknown. */
export function figure(value: number | null | undefined, unit: string): string {
  return value === null || value === undefined ? '–' : `${short.format(value)} ${unit}`
}

/** A duration in seconds, shown in milliseconds below one second. */
export function duration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined) return '–'
  if (seconds >= 1) return `${short.format(seconds)} s`
  const milliseconds = seconds * 1000
  return `${milliseconds < 10 ? short.format(milliseconds) : Math.round(milliseconds)} ms`
}

/** Bytes in the unit that suits them; a dash when they are unknown. */
export function bytes(value: number | null | undefined): string {
  return value === null || value === undefined ? '–' : formatBytes(value)
}

/** Tokens of requests. @param cached input tokens from the cache, which `input` does not include */
export function inAndOut(input: number | null, output: number | null, cached: number | null = null): string {
  return `${count(input)} in${cached ? `, ${count(cached)} more from the cache` : ''}, ${count(output)} out`
}
