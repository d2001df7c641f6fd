/** Longer logs lose their beginning, in bytes. */
const MAX_LOG_BYTES = 64 * 1024

/**
 * The text of a container's log. Docker sends stdout and stderr in frames of an 8-byte header (stream, 3 zeros, big-endian
 * length) and that many bytes. @returns the last 64 KiB, from the start of a line
 */
export function readLog(frames: Buffer): string {
  const parts: Buffer[] = []
  for (let at = 0; at + 8 <= frames.length;) {
    const length = frames.readUInt32BE(at + 4)
    parts.push(frames.subarray(at + 8, at + 8 + length))
    at += 8 + length
  }
  const all = Buffer.concat(parts)
  if (all.length <= MAX_LOG_BYTES) return all.toString()
  const tail = all.subarray(-MAX_LOG_BYTES)
  const lineEnd = tail.indexOf(10)
  // Without a line end, only the rest of a cut character is dropped.
  return lineEnd >= 0 && lineEnd < tail.length - 1
    ? tail.subarray(lineEnd + 1).toString()
    : tail.toString().replace(/^\uFFFD+/, '')
}
