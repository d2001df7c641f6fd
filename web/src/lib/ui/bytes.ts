const short = new Intl.NumberFormat('en', { maximumFractionDigits: 1 })
const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB']

/** A size in the binary unit that suits it, as memory and disk are shown everywhere: "5.9 GiB", "512 MiB", "37 B". */
export function formatBytes(bytes: number): string {
  let at = 0
  let value = bytes
  // What would round to 1,024 is one of the next unit.
  while (value >= 1023.95 && at < UNITS.length - 1) {
    value /= 1024
    at += 1
  }
  return `${short.format(value)} ${UNITS[at] ?? ''}`
}
