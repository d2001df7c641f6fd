import { get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

const FIRST_DELAY_MS = 30
const LONGEST_DELAY_MS = 500
const ANSWER_MS = 2_000

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

/** `/healthz` of code-server needs no password. Any answer but a server error counts. */
function answers(port: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(
      { host: '127.0.0.1', port, path: '/healthz', agent: false, timeout: ANSWER_MS, signal },
      (response) => {
        response.resume()
        resolve((response.statusCode ?? 500) < 500)
      },
    )
    request.on('timeout', () => request.destroy())
    request.on('error', () => resolve(false))
  })
}
