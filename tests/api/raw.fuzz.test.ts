import { describe, expect, test } from 'vitest'
import { processFailures } from '../../server/core/process-failures.ts'
import { ANN, openSandbox } from '../kit/open-sandbox.ts'
import { Random } from '../kit/random.ts'
import { exchange, rawAnswer, rawConnection } from '../kit/raw-fuzz.ts'

const SEED = Number(process.env.THON_FUZZ_SEED ?? 20261127)
/** Requests, and answers of sandboxes, for each place of the proxy. */
const AT_LEAST = 20_000
/** Connections at the same time. */
const CONCURRENCY = 64
/** Where an answer begins: at the start, or right after the end of the one before. */
const INTERNAL_ERROR = /(^|\n|\}|>)HTTP\/1\.1 500 /

/** Runs a numbered task many times, some at the same time, until it returns false. */
async function repeat(task: (index: number) => Promise<boolean>): Promise<void> {
  let next = 0
  let isOver = false
  const worker = async () => {
    while (!isOver) if (!(await task(next++))) isOver = true
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, worker))
}

describe.each([
  ['in the server', false],
  ['in a process of its own', true],
])('with the proxy %s', (_where, proxyProcess) => {
  test(
    'no request causes an internal error, an exit, or a connection that stays open',
    { timeout: 180_000 },
    async () => {
      const { app, cookie } = await openSandbox(
        (request, response) => void request.resume().on('end', () => response.end('page')),
        {
          proxyProcess,
        },
      )
      const targets = { port: Number(new URL(app.url).port), sandbox: ANN, cookie }
      const statuses = new Map<string, number>()
      const before = processFailures()
      let requests = 0
      await repeat(async (index) => {
        const sent = rawConnection(new Random(SEED + index), targets)
        requests += sent.requests
        const answers = await exchange(targets.port, sent.bytes).catch((error: unknown) => String(error))
        const where = `seed ${SEED}, connection ${index}: ${JSON.stringify(sent.bytes.toString('latin1'))}`
        expect(answers, where).not.toMatch(INTERNAL_ERROR)
        expect(answers, where).not.toContain('left a connection open')
        expect(processFailures(), where).toBe(before)
        for (const [, status] of answers.matchAll(/HTTP\/1\.1 (\d{3}) /g))
          statuses.set(status!, (statuses.get(status!) ?? 0) + 1)
        return requests < AT_LEAST
      })
      // Otherwise it would only have tested the parser.
      for (const status of ['200', '400', '403', '404']) expect(statuses.get(status), status).toBeGreaterThan(0)
      expect((await fetch(`${app.url}/healthz`)).status).toBe(200)
    },
  )

  test(
    'no answer of a sandbox causes an internal error, an exit, or a connection that stays open',
    { timeout: 180_000 },
    async () => {
      const { app, cookie } = await openSandbox(
        (request, response) => {
          const index = Number(request.url?.slice(1))
          response.socket?.end(rawAnswer(new Random(SEED + index)))
        },
        { proxyProcess },
      )
      const { port } = new URL(app.url)
      const upgrade =
        'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=='
      const statuses = new Map<string, number>()
      const before = processFailures()
      await repeat(async (index) => {
        const last = index % 10 === 0 ? upgrade : 'Connection: close'
        const request = `GET /${index} HTTP/1.1\r\nHost: ${ANN}\r\nCookie: ${cookie}\r\n${last}\r\n\r\n`
        const answer = await exchange(Number(port), Buffer.from(request)).catch((error: unknown) => String(error))
        const bytes = JSON.stringify(rawAnswer(new Random(SEED + index)).toString('latin1'))
        const where = `seed ${SEED}, answer ${index}: ${bytes}`
        // A program's own 500 is passed on; one of THON would say so.
        expect(answer, where).not.toContain('Something went wrong')
        expect(answer, where).not.toContain('left a connection open')
        expect(answer, where).toMatch(/^(HTTP\/1\.1 [1-5]\d\d [\w' -]*\r\n|$)/)
        expect(processFailures(), where).toBe(before)
        const status = answer.slice(9, 12)
        statuses.set(status, (statuses.get(status) ?? 0) + 1)
        return index < AT_LEAST
      })
      for (const status of ['200', '204', '404', '502']) expect(statuses.get(status), status).toBeGreaterThan(100)
      expect((await fetch(`${app.url}/healthz`)).status).toBe(200)
    },
  )
})
