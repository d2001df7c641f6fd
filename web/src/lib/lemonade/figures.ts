import { formatBytes } from '#lib/ui/bytes.ts'

/** What to do when Lemonade refuses the key. */
export const REFUSED = 'Lemonade refuses THON’s key: set LEMONADE_API_KEY.'

const whole = new Intl.NumberFormat('en')
const short = new Intl.NumberFormat('en', { maximumFractionDigits: 1 })

/** A count with separators; a dash when it is unknown. */
export function count(value: number | null | undefined): string {
  return value === null || value === undefined ? '–' : whole.format(value)
}

/** With one digit behind the point, and a unit; a dash when it is unknown. */
export function figure(value: number | null | undefined, unit: string): string {
  return value === null || value === undefined ? '–' : `${short.format(value)} ${unit}`
}

/** A duration in seconds: in milliseconds while it is short. */
export function duration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined) return '–'
  if (seconds >= 1) return `${short.format(seconds)} s`
  const milliseconds = seconds * 1000
  return `${milliseconds < 10 ? short.format(milliseconds) : Math.round(milliseconds)} ms`
}

/** Bytes with the unit that suits them. */
export function bytes(value: number | null | undefined): string {
  return value === null || value === undefined ? '–' : formatBytes(value)
}

/** The size of a model, which Lemonade tells in GB. */
export function size(gb: number | null): string | null {
  return gb === null ? null : bytes(gb * 1e9)
}

/** Tokens in and out. @param cached more that went in, and were in the cache */
export function inAndOut(input: number | null, output: number | null, cached: number | null = null): string {
  return `${count(input)} in${cached ? ` and ${count(cached)} from the cache` : ''}, ${count(output)} out`
}

/** So many things, with their noun. */
export function counted(value: number, one: string): string {
  return `${whole.format(value)} ${one}${value === 1 ? '' : 's'}`
}
