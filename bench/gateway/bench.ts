import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { text } from 'node:stream/consumers'
import { seed } from '../groups/seed.ts'
import { Child } from '../kit/child.ts'
import { compare, inTurns, now, type BenchRow } from '../kit/measure.ts'
import { Thon } from '../kit/thon.ts'

const ROUNDS = 5
const GOAL = 2
const KEY = 'bench'
const SET_UP = 'mutation { setUpGateway { id } }'
const RUN = '{ gatewayRun { endedAt done total } }'

/**
 * Set-up of 1,000 consumers, from the click until it is over, against the same 1,000 PUTs one after the other on one connection
 * that stays, both to one server that answers at once.
 */
export async function benchGateway(): Promise<BenchRow[]> {
  const apisix = await Child.start<string>(join(import.meta.dirname, 'apisix.ts'))
  const env = { GATEWAY_ENABLED: 'true', GATEWAY_ADMIN_URL: apisix.ready, GATEWAY_ADMIN_KEY: KEY }
  const thon = await Thon.start({ THON_ENGINE: 'process', ...env }, seed)
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  try {
    await setUp(thon)
    const bodies = await apisix.ask<object[]>({})
    const measured = await inTurns(
      ROUNDS,
      async () => {
        await apisix.ask({})
        return told('THON', await setUp(thon))
      },
      async () => {
        await apisix.ask({})
        const began = now()
        for (const body of bodies) await put(apisix.ready, JSON.stringify(body), agent)
        return told('bare', now() - began)
      },
    )
    return [
      compare(
        'set-up of 1,000 consumers',
        'ms',
        measured,
        GOAL,
        'from the mutation until the run is over, the route and the look at what is there included; peer: the same PUTs in sequence.',
      ),
    ]
  } finally {
    agent.destroy()
    await Promise.all([thon.stop(), apisix.stop()])
  }
}

/** Milliseconds that a set-up takes, as somebody outside sees it. */
async function setUp(thon: Thon): Promise<number> {
  const began = now()
  await thon.execute(SET_UP)
  for (;;) {
    const { gatewayRun } = await thon.execute<{ gatewayRun: { endedAt: string | null; done: number; total: number } }>(
      RUN,
    )
    if (gatewayRun.endedAt !== null) {
      if (gatewayRun.done !== 1001) throw new Error(`${gatewayRun.done} of ${gatewayRun.total} steps were done`)
      return now() - began
    }
    await sleep(5)
  }
}

async function put(base: string, body: string, agent: Agent): Promise<void> {
  const headers = { 'X-API-KEY': KEY, 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) }
  const sent = request(`${base}/apisix/admin/consumers`, { method: 'PUT', headers, agent })
  sent.end(body)
  const status = await new Promise<number>((resolve, reject) => {
    sent.on('error', reject)
    sent.on('response', (response) => text(response).then(() => resolve(response.statusCode ?? 0), reject))
  })
  if (status !== 201) throw new Error(`the gateway answered ${status}`)
}

function told(who: string, milliseconds: number): number {
  console.log(`  ${who} ${milliseconds.toFixed(0)} ms`)
  return milliseconds
}
