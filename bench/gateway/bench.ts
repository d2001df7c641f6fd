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
const APPLY = 'mutation { applyGatewayConfig { id } }'
const JOB = '{ gatewayJob { endedAt done total } }'

/**
 * Applies the configuration for 1,000 consumers, from the mutation until the job is over, against the same 1,000 PUTs one after
 * the other on one connection, both to a server without delays.
 */
export async function benchGateway(): Promise<BenchRow[]> {
  const apisix = await Child.start<string>(join(import.meta.dirname, 'apisix.ts'))
  const env = { GATEWAY_ENABLED: 'true', GATEWAY_ADMIN_URL: apisix.ready, GATEWAY_ADMIN_KEY: KEY }
  const thon = await Thon.start({ THON_ENGINE: 'process', ...env }, seed)
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  try {
    await applyConfig(thon)
    const bodies = await apisix.ask<object[]>({})
    const measured = await inTurns(
      ROUNDS,
      async () => {
        await apisix.ask({})
        return printed('THON', await applyConfig(thon))
      },
      async () => {
        await apisix.ask({})
        const startedAt = now()
        for (const body of bodies) await put(apisix.ready, JSON.stringify(body), agent)
        return printed('bare', now() - startedAt)
      },
    )
    return [
      compare(
        'applying the gateway for 1,000 consumers',
        'ms',
        measured,
        GOAL,
        'from the mutation until the job is over, including the route and the comparison; peer: the same PUTs in sequence.',
      ),
    ]
  } finally {
    agent.destroy()
    await Promise.all([thon.stop(), apisix.stop()])
  }
}

/** Milliseconds until the job is over, as a client sees it. */
async function applyConfig(thon: Thon): Promise<number> {
  const startedAt = now()
  await thon.execute(APPLY)
  for (;;) {
    const { gatewayJob } = await thon.execute<{ gatewayJob: { endedAt: string | null; done: number; total: number } }>(
      JOB,
    )
    if (gatewayJob.endedAt !== null) {
      if (gatewayJob.done !== 1001) throw new Error(`${gatewayJob.done} of ${gatewayJob.total} steps were done`)
      return now() - startedAt
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
    sent.on('response', (response) => void text(response).then(() => resolve(response.statusCode ?? 0), reject))
  })
  if (status !== 201) throw new Error(`the gateway answered with status ${status}`)
}

function printed(who: string, milliseconds: number): number {
  console.log(`  ${who} ${milliseconds.toFixed(0)} ms`)
  return milliseconds
}
