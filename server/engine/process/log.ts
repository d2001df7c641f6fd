import { closeSync, fstatSync, openSync, readSync, writeFileSync, statSync } from 'node:fs'

const LIMIT = 1 << 20
const KEPT = 64 << 10

/** The last `lines` lines of a log, of at most its last 64 KiB; '' when there is none. */
export function tail(path: string, lines: number): string {
  const text = end(path)
  const all = (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n')
  return lines > 0 ? all.slice(-lines).join('\n') : ''
}

/** Cuts a log of more than 1 MiB down to its end. Its writer appends, so it goes on behind that. */
export function trim(path: string): void {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0
  if (size > LIMIT) writeFileSync(path, end(path), { mode: 0o600 })
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
    const buffer = Buffer.alloc(Math.min(size, KEPT))
    return buffer.toString('utf8', 0, readSync(file, buffer, 0, buffer.length, size - buffer.length))
  } finally {
    closeSync(file)
  }
}
