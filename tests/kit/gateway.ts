import { organizer } from '../../server/core/viewer.ts'
import { ApisixStandIn } from './apisix.ts'
import { startApp, type TestApp } from './app.ts'

const STATUS = `state error { kind message } version consumerCount limitations
  route { configured current uri upstream model } redis { configured reachable message } usage { available } outdatedInstances
  plan { missing outdated orphaned current routePending }`
const CONSUMERS = `query ($filter: ConsumerFilter, $sort: ConsumerSort, $page: PageInput) {
  consumers(filter: $filter, sort: $sort, page: $page) { total counts { status count }
    items { username maskedKey tokenLimit timeWindow type status groupName memberName userCount tokensTotal tokensInWindow } } }`
/** Starts to apply the configuration. */
export const APPLY = 'mutation { applyGatewayConfig { id total } }'
/** Queries the last job. */
export const JOB =
  '{ gatewayJob { kind total done failed message endedAt steps { username label action state message } } }'
/** Changes settings. */
export const UPDATE_SETTINGS =
  'mutation ($input: UpdateGatewaySettingsInput!) { updateGatewaySettings(input: $input) { mode } }'

/** The answer to `JOB`. */
export interface JobAnswer {
  gatewayJob: {
    total: number
    done: number
    failed: number
    message: string | null
    endedAt: string | null
    steps: { username: string; label: string; action: string; state: string; message: string | null }[]
  }
}
type Row = Record<string, string | number | null>

/** Starts THON with a stand-in for APISIX. @param environment in addition to what that takes */
export async function startGatewayApp(environment: Record<string, string> = {}) {
  const apisix = await ApisixStandIn.start()
  const app = await startApp({ ...apisix.environment, ...environment })
  return { apisix, app }
}

/** Applies the configuration, and waits until the job is over. */
export async function applyConfig(app: TestApp): Promise<JobAnswer['gatewayJob']> {
  await app.execute(APPLY)
  return (await app.until<JobAnswer>(JOB, {}, ({ gatewayJob }) => gatewayJob.endedAt !== null)).gatewayJob
}

/** Changes settings of the gateway. */
export async function updateSettings(app: TestApp, input: object): Promise<void> {
  await app.execute(UPDATE_SETTINGS, { input })
}

/** The gateway's status. */
export async function statusOf(app: TestApp): Promise<Record<string, unknown>> {
  await app.services.gateway.status(organizer)
  return (await app.execute<{ gatewayStatus: Record<string, unknown> }>(`{ gatewayStatus { ${STATUS} } }`))
    .gatewayStatus
}

/** The consumers of a page. */
export async function consumersOf(app: TestApp, variables = {}): Promise<Row[]> {
  return (await app.execute<{ consumers: { items: Row[] } }>(CONSUMERS, variables)).consumers.items
}

/** A consumer's key, as APISIX has it: with `Bearer `. */
export function keyAt(apisix: ApisixStandIn, username: string): string {
  const { plugins } = apisix.consumers.get(username)?.value as { plugins: { 'key-auth': { key: string } } }
  return plugins['key-auth'].key
}
