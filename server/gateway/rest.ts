import type { Services } from '../graphql/context.ts'
import type { Operations } from '../rest/operation.ts'
import { UpstreamFailed } from '../core/errors.ts'
import type { Job } from './reconcile/job.ts'
import * as routes from './rest-routes.ts'
import { ROUTE_ID } from './reconcile/desired.ts'
import type { Found } from './reconcile/watch.ts'

/** What serving the gateway's REST takes. */
type GatewayRestDeps = Pick<Services, 'gateway' | 'gatewaySetup'>

/** `/api/gateway`. Commands answer when they are done. */
export function gatewayRest(operations: Operations, { gateway, gatewaySetup }: GatewayRestDeps): void {
  operations.add(routes.status, async ({ viewer }) => {
    const { state, adminUrl, proxyUrl, mode, snapshot, redis } = await gateway.status(viewer)
    const { enabled, adminKeyFrom } = await gatewaySetup.view(viewer)
    const now = state === 'RUNNING' ? snapshot : null
    return {
      ...{
        running: state === 'RUNNING',
        installed: await gatewaySetup.isInstalled(),
        admin_url: adminUrl,
        proxy_url: proxyUrl,
      },
      ...{ consumers_count: now?.rows.length ?? 0, route_configured: now?.route.configured ?? false },
      ...{ redis_connected: redis?.reachable ?? false, enabled, mode, key_detected: adminKeyFrom === 'FILE' },
    }
  })
  operations.add(routes.listConsumers, async ({ viewer }) => shown(await gateway.consumers.listWithKeys(viewer), 'all'))
  operations.add(routes.createConsumer, async ({ viewer, body }) => {
    const { username, api_key: key, rate_limit: tokenLimit, time_window: timeWindow } = body
    const made = await gateway.consumers.create(viewer, { username, key, tokenLimit, timeWindow }, true)
    return {
      ...{ username, api_key: made.key, rate_limit: made.row.tokenLimit, time_window: made.row.timeWindow },
      ...{ group_name: null, user_count: 1 },
    }
  })
  operations.add(routes.deleteConsumer, async ({ viewer, params: { username } }) => {
    await gateway.consumers.delete(viewer, username)
    return { status: 'deleted' as const, username }
  })
  operations.add(routes.setup, async ({ viewer, body }) => {
    const once = settingsOf(body)
    await finished(await gateway.setUp(viewer, once))
    return shown(await gateway.consumers.listWithKeys(viewer, once), 'of the database')
  })
  operations.add(routes.cleanup, async ({ viewer }) => {
    // Where the gateway is not used there is nothing of ours in it.
    if ((await gatewaySetup.view(viewer)).enabled) await finished(await gateway.cleanUp(viewer, 'clean up'))
    return { status: 'cleaned' as const }
  })
  operations.add(routes.putRoute, async ({ viewer, body }) => {
    const { stored } = await gateway.putRoute(viewer, settingsOf(body))
    return { status: 'created' as const, route: { key: `/apisix/routes/${ROUTE_ID}`, value: stored } }
  })
  operations.add(routes.deleteRoute, async ({ viewer }) => {
    await gateway.deleteRoute(viewer)
    return { status: 'deleted' as const }
  })
}

/** Waits for a run. @throws UpstreamFailed when it did not do all */
async function finished(run: Job): Promise<void> {
  await run.ended
  const { done, total, message, steps } = run.view()
  if (done === total) return
  const why = message ?? steps.find(({ state }) => state === 'FAILED')?.message
  throw new UpstreamFailed(`${done} of ${total} steps were done. ${why}. Try again: what is done is kept.`)
}

function settingsOf(body: {
  lemonade_url?: string | null | undefined
  lemonade_api_key?: string | null | undefined
  lemonade_model?: string | null | undefined
  rate_limit?: number | null | undefined
  time_window?: number | null | undefined
  mode?: string | null | undefined
}) {
  return {
    ...{ lemonadeUrl: body.lemonade_url, lemonadeApiKey: body.lemonade_api_key, lemonadeModel: body.lemonade_model },
    ...{ tokenLimit: body.rate_limit, timeWindow: body.time_window, mode: body.mode },
  }
}

/** Consumers as scripts know them. */
function shown({ present, compared }: Found, which: 'all' | 'of the database') {
  const owners = new Map(compared.due.map(({ username, wanted }) => [username, wanted]))
  return present
    .filter(({ username }) => which === 'all' || owners.has(username))
    .map(({ username, key, tokenLimit, timeWindow }) => {
      const owner = owners.get(username)
      return {
        ...{ username, api_key: key ?? '', rate_limit: tokenLimit ?? 0, time_window: timeWindow ?? 0 },
        ...{ group_name: owner?.type === 'GROUP' ? owner.group : null, user_count: owner?.userCount ?? 1 },
      }
    })
}
