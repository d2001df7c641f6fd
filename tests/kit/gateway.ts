import { organizer } from '../../server/core/viewer.ts'
import { ApisixStandIn } from './apisix.ts'
import { startApp, type TestApp } from './app.ts'

const STATUS = `state trouble { kind message } version consumerCount limitations
  route { configured current uri upstream model } redis { configured reachable message } usage { available } outdatedInstances
  plan { missing outdated left current routeDue }`
const CONSUMERS = `query ($filter: ConsumerFilter, $sort: ConsumerSort, $page: PageInput) {
  consumers(filter: $filter, sort: $sort, page: $page) { total counts { standing count }
    items { username maskedKey tokenLimit timeWindow type standing group user userCount tokensTotal tokensInWindow } } }`
/** Begins a set-up. */
export const SET_UP = 'mutation { setUpGateway { id total } }'
/** Asks for the last run. */
export const RUN =
  '{ gatewayRun { kind total done failed message endedAt steps { username label action state message } } }'

/** The last run, as it is asked for. */
export interface RunView {
  gatewayRun: {
    total: number
    done: number
    failed: number
    message: string | null
    endedAt: string | null
    steps: { username: string; label: string; action: string; state: string; message: string | null }[]
  }
}
type Row = Record<string, string | number | null>

/** A THON with a gateway. @param environment beyond what that takes */
export async function hall(environment: Record<string, string> = {}) {
  const apisix = await ApisixStandIn.start()
  const app = await startApp({ ...apisix.environment, ...environment })
  return { apisix, app }
}

/** Sets up, and waits for the end. */
export async function setUp(app: TestApp): Promise<RunView['gatewayRun']> {
  await app.execute(SET_UP)
  return (await app.until<RunView>(RUN, {}, ({ gatewayRun }) => gatewayRun.endedAt !== null)).gatewayRun
}

/** The gateway's status. */
export async function statusOf(app: TestApp): Promise<Record<string, unknown>> {
  await app.services.gateway.status(organizer)
  return (await app.execute<{ gatewayStatus: Record<string, unknown> }>(`{ gatewayStatus { ${STATUS} } }`))
    .gatewayStatus
}

/** The consumers of a page. */
export async function rows(app: TestApp, variables = {}): Promise<Row[]> {
  return (await app.execute<{ consumers: { items: Row[] } }>(CONSUMERS, variables)).consumers.items
}

/** A consumer's key, as APISIX has it. */
export function keyAt(apisix: ApisixStandIn, username: string): string {
  const { plugins } = apisix.consumers.get(username)?.value as { plugins: { 'key-auth': { key: string } } }
  return plugins['key-auth'].key
}
