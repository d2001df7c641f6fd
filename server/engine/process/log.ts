import { closeSync, fstatSync, openSync, readSync, writeFileSync, statSync } from 'node:fs'

const MAX_BYTES = 1 << 20
const KEPT_BYTES = 64 << 10

/** The last `lines` lines of a log, from its last 64 KiB; '' when it does not exist. */
export function tail(path: string, lines: number): string {
  const text = end(path)
  const all = (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n')
  return lines > 0 ? all.slice(-lines).join('\n') : ''
}

/** Cuts a log of more than 1 MiB down to its last 64 KiB. Its writer appends, so it continues after those. */
export function trim(path: string): void {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0
  if (size > MAX_BYTES) writeFileSync(path, end(path), { mode: 0o600 })
}

function end(path: string): string {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch {
    return ''
  }
  try {
    const size = fstatSync(file).size
    const buffer = Buffer.alloc(Math.min(size, KEPT_BYTES))
    return buffer.toString('utf8', 0, readSync(file, buffer, 0, buffer.length, size - buffer.length))
  } finally {
    closeSync(file)
  }
}
