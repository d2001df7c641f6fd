import { expect, onTestFinished, test } from 'vitest'
import { startApp } from '../kit/app.ts'
import { ApisixStandIn } from '../kit/apisix.ts'
import { ExternalServer } from '../kit/external-server.ts'
import { Random } from '../kit/random.ts'
import { Manual, type Told } from '../kit/rest.ts'
import { Fuzz, Line, type Sent } from '../kit/rest-fuzz.ts'

const SEED = Number(process.env.THON_FUZZ_SEED ?? 20261123)
/** Requests in all, the same number for each operation. */
const AT_LEAST = 10_000
/** Requests under way at once. */
const CONCURRENCY = 16

/** What only our insides are called: no client has to read any of it. */
const INSIDES = /node_modules|\/server\/|\.ts:\d|\n\s+at |SQLITE|LibSql|Prisma|ZodError|TypeError|RangeError/

/** What cannot succeed here: signing in where there is no login, or by a link that nobody knows; or hardly, ending an instance that another request began. */
const NEVER = new Set([
  '/api/auth/login/{provider}',
  '/api/auth/callback/{provider}',
  '/api/auth/login/local',
  '/api/auth/link',
  '/api/auth/link/look',
  '/api/users/{user_id}/stop',
])

test(
  'whatever a client sends is answered as described, and never by a fault of ours',
  { timeout: 240_000 },
  async () => {
    const lemonade = await ExternalServer.start(({ path }) => ({
      body: path === '/v1/slots' ? [] : { status: 'success' },
    }))
    const apisix = await ApisixStandIn.start()
    const { answer } = apisix.server
    // However often it is cleaned up.
    apisix.server.answer = (taken) =>
      taken.method === 'DELETE' && taken.path.endsWith('/always') ? { body: { deleted: '1' } } : answer(taken)
    const app = await startApp({ ...apisix.environment, LEMONADE_PORT: String(lemonade.port) })
    const manual = await Manual.of(app)
    const line = new Line(app.url, CONCURRENCY)
    onTestFinished(() => line.close())
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
        const told = await ask(line, sent, index)
        const fault = faultOf(manual, sent, told)
        if (fault) throw new Error(`${shown(sent, index)}\n→ ${told.status} ${told.text.slice(0, 500)}\n${fault}`)
        statuses.set(told.status, (statuses.get(told.status) ?? 0) + 1)
        if (told.status < 300) succeeded.add(of)
        for (const one of fuzz.learn(sent, told)) await line.send(one)
      }
    }
    await Promise.all(Array.from({ length: CONCURRENCY }, worker))

    // Whoever only ever gets refusals tests nothing.
    const refused = manual.operations.filter((one) => !succeeded.has(one)).map(({ path }) => path)
    expect(refused.filter((path) => !NEVER.has(path))).toEqual([])
    for (const status of [200, 201, 307, 400, 404, 405, 409, 422, 503])
      expect(statuses.get(status), `${status}`).toBeGreaterThan(20)
    expect(await line.send({ method: 'GET', path: '/healthz' })).toMatchObject({ status: 200 })
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  },
)

async function ask(line: Line, sent: Sent, index: number): Promise<Told> {
  try {
    return await line.send(sent)
  } catch (error) {
    throw new Error(`${shown(sent, index)}\n→ no answer: ${String(error)}`, { cause: error })
  }
}

/** @returns what is wrong with the answer, or null */
function faultOf(manual: Manual, { method, path }: Sent, told: Told): string | null {
  if (told.status >= 500 && told.status !== 502 && told.status !== 503) return 'a fault of the server'
  const inside = INSIDES.exec(told.text)
  if (inside) return `shows ${inside[0]}`
  if (method === 'HEAD')
    return told.status === 405 || told.status === 404 || told.status === 307 ? null : 'HEAD is served'
  if (told.status >= 400 && !/^\{"detail":./.test(told.text)) return 'no detail'
  return manual.complaint(method, path, told)
}

function shown({ kind, method, path, headers, body }: Sent, index: number): string {
  const type = headers['Content-Type'] ?? 'no type'
  return `THON_FUZZ_SEED=${SEED} request ${index} (${kind}): ${method} ${path.slice(0, 300)}\n${type}\n${body?.toString('latin1').slice(0, 1_000)}`
}

function shuffle(list: unknown[], random: Random): void {
  for (let at = list.length - 1; at > 0; at--) {
    const other = random.below(at + 1)
    ;[list[at], list[other]] = [list[other], list[at]]
  }
}
