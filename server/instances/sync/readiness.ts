import { get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

const FIRST_DELAY_MS = 30
const LONGEST_DELAY_MS = 500
/** For one answer, from connecting to its last byte. */
const ANSWER_MS = 2_000
/** Of its headers, and of its body. */
const MAX_BYTES = 4 * 1024

/**
 * Readiness probe: waits until code-server answers on its published port.
 * @param hostPort port on 127.0.0.1
 * @returns false when the time is up or the signal aborts
 */
export async function waitUntilReady(hostPort: number, seconds: number, signal: AbortSignal): Promise<boolean> {
  const deadline = Date.now() + seconds * 1000
  let delay = FIRST_DELAY_MS
  while (!signal.aborted && Date.now() < deadline) {
    if (await answers(hostPort, signal)) return true
    await sleep(delay, undefined, { signal }).catch(() => undefined)
    delay = Math.min(delay * 1.5, LONGEST_DELAY_MS)
  }
  return false
}

/**
 * Asks `/healthz` of code-server, which needs no password. Any answer but a server error counts. Its sender may be any program
 * of a participant, so the whole answer has to come within two seconds and four kibibytes; then the connection is closed.
 */
function answers(port: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)])
    const request = get(
      { host: '127.0.0.1', port, path: '/healthz', agent: false, maxHeaderSize: MAX_BYTES, signal: limit },
      (response) => {
        let bytes = 0
        const end = (isReady: boolean) => {
          request.destroy()
          resolve(isReady)
        }
        const isGood = (response.statusCode ?? 500) < 500
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length
          if (bytes > MAX_BYTES) end(false)
        })
        response.on('end', () => end(isGood)).on('close', () => end(false))
      },
    )
    request.on('error', () => resolve(false))
  })
}
