import { expect, onTestFinished, test } from 'vitest'
import { startApp } from '../kit/app.ts'
import { ApisixStandIn } from '../kit/apisix.ts'
import { ExternalServer } from '../kit/external-server.ts'
import { Random } from '../kit/random.ts'
import { Manual, type RestAnswer } from '../kit/rest.ts'
import { Fuzz, RestClient, type FuzzRequest } from '../kit/rest-fuzz.ts'

const SEED = Number(process.env.THON_FUZZ_SEED ?? 20261123)
/** Requests in total, the same number for each operation. */
const AT_LEAST = 10_000
/** Requests at the same time. */
const CONCURRENCY = 16

/** Words of THON's implementation, which must not leak to clients. */
const INTERNALS = /node_modules|\/server\/|\.ts:\d|\n\s+at |SQLITE|LibSql|Prisma|ZodError|TypeError|RangeError/

/** Operations that cannot succeed here (there is no login, and no known link), or that rarely do (stopping what another request started). */
const NEVER = new Set([
  '/api/auth/login/{provider}',
  '/api/auth/callback/{provider}',
  '/api/auth/login/local',
  '/api/auth/link',
  '/api/auth/link/look',
  '/api/users/{user_id}/stop',
])

test('any request gets an answer as described, and never an internal error', { timeout: 240_000 }, async () => {
  const lemonade = await ExternalServer.start(({ path }) => ({
    body: path === '/v1/slots' ? [] : { status: 'success' },
  }))
  const apisix = await ApisixStandIn.start()
  const { answer: usual } = apisix.server
  // This consumer can be deleted any number of times.
  apisix.server.answer = (taken) =>
    taken.method === 'DELETE' && taken.path.endsWith('/always') ? { body: { deleted: '1' } } : usual(taken)
  const app = await startApp({ ...apisix.environment, LEMONADE_PORT: String(lemonade.port) })
  const manual = await Manual.of(app)
  const client = new RestClient(app.url, CONCURRENCY)
  onTestFinished(() => client.close())
  await app.db.event.create({ data: { eventId: 'hack26', title: 'Hack' } })
  const fuzz = new Fuzz(manual)
  const each = Math.ceil(AT_LEAST / manual.operations.length)
  const work = manual.operations.flatMap((of) => Array.from({ length: each }, () => of))
  shuffle(work, new Random(SEED))

  const succeeded = new Set<(typeof manual.operations)[number]>()
  const statuses = new Map<number, number>()
  let next = 0
  const worker = async () => {
    for (;;) {
      const index = next++
      const of = work[index]
      if (!of) return
      if (index === Math.floor(work.length * 0.9)) app.engine.leave()
      if (index === Math.floor(work.length * 0.95)) app.engine.back()
      const sent = fuzz.request(of, new Random(SEED + index))
      const answer = await ask(client, sent, index)
      const problem = problemOf(manual, sent, answer)
      if (problem) throw new Error(`${shown(sent, index)}\n→ ${answer.status} ${answer.text.slice(0, 500)}\n${problem}`)
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1)
      if (answer.status < 300) succeeded.add(of)
      for (const one of fuzz.learn(sent, answer)) await client.send(one)
    }
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, worker))

  // An operation that only ever fails would not be tested.
  const refused = manual.operations.filter((one) => !succeeded.has(one)).map(({ path }) => path)
  expect(refused.filter((path) => !NEVER.has(path))).toEqual([])
  for (const status of [200, 201, 307, 400, 404, 405, 409, 422, 503])
    expect(statuses.get(status), `${status}`).toBeGreaterThan(20)
  expect(await client.send({ method: 'GET', path: '/healthz' })).toMatchObject({ status: 200 })
  expect(({} as Record<string, unknown>).polluted).toBeUndefined()
})

async function ask(client: RestClient, sent: FuzzRequest, index: number): Promise<RestAnswer> {
  try {
    return await client.send(sent)
  } catch (error) {
    throw new Error(`${shown(sent, index)}\n→ no answer: ${String(error)}`, { cause: error })
  }
}

/** @returns what is wrong with the answer, or null */
function problemOf(manual: Manual, { method, path }: FuzzRequest, answer: RestAnswer): string | null {
  if (answer.status >= 500 && answer.status !== 502 && answer.status !== 503) return 'an internal error'
  const internal = INTERNALS.exec(answer.text)
  if (internal) return `shows ${internal[0]}`
  if (method === 'HEAD')
    return answer.status === 405 || answer.status === 404 || answer.status === 307 ? null : 'HEAD is served'
  if (answer.status >= 400 && !/^\{"detail":./.test(answer.text)) return 'no detail'
  return manual.problem(method, path, answer)
}

function shown({ kind, method, path, headers, body }: FuzzRequest, index: number): string {
  const type = headers['Content-Type'] ?? 'no type'
  return `THON_FUZZ_SEED=${SEED} request ${index} (${kind}): ${method} ${path.slice(0, 300)}\n${type}\n${body?.toString('latin1').slice(0, 1_000)}`
}

function shuffle(list: unknown[], random: Random): void {
  for (let at = list.length - 1; at > 0; at--) {
    const other = random.below(at + 1)
    ;[list[at], list[other]] = [list[other], list[at]]
  }
}
