import type { Viewer } from '../core/viewer.ts'
import type { Services } from '../graphql/context.ts'
import type { Operations } from '../rest/operation.ts'
import { unreadable, type Json } from './client.ts'
import * as routes from './rest-routes.ts'

/** Time limits, in milliseconds. A download may take as long as it takes. */
const WITHIN = { look: 30_000, quick: 5_000, act: 30_000, download: 24 * 60 * 60_000, slot: 10_000 }

/** `/api/lemonade`: what Lemonade says, as it says it. */
export function lemonadeRest(operations: Operations, { lemonade }: Pick<Services, 'lemonade'>): void {
  const ask = (viewer: Viewer, path: string, within = WITHIN.quick) => lemonade.question(viewer, path, within)

  operations.add(routes.status, ({ viewer }) => lemonade.overview(viewer).summary())
  operations.add(routes.models, async ({ viewer }) => ({ models: await lemonade.overview(viewer).models() }))
  operations.add(routes.apiInfo, ({ viewer }) => lemonade.overview(viewer).apiInfo())
  operations.add(routes.health, async ({ viewer }) => asObject(await ask(viewer, '/v1/health')))
  operations.add(routes.stats, async ({ viewer }) => asObject(await ask(viewer, '/v1/stats')))
  operations.add(routes.systemInfo, async ({ viewer }) => asObject(await ask(viewer, '/v1/system-info')))
  operations.add(routes.live, async ({ viewer }) => asObject(await ask(viewer, '/live')))
  operations.add(routes.slots, async ({ viewer }) => asList(await lemonade.slots(viewer)))
  operations.add(routes.variants, async ({ viewer, query }) =>
    asObject(await ask(viewer, `/v1/pull/variants?checkpoint=${encodeURIComponent(query.checkpoint)}`, WITHIN.look)),
  )
  commands(operations, lemonade)
}

function commands(operations: Operations, lemonade: Services['lemonade']): void {
  const act = async (viewer: Viewer, action: string, label: string, path: string, body?: object, within = WITHIN.act) =>
    asObject(
      await lemonade.command(viewer, action, label, (client) =>
        client.post(path, { body: body && given(body), within }),
      ),
    )

  operations.add(routes.pull, ({ viewer, body }) =>
    act(viewer, 'pull', body.model_name, '/v1/pull', body, WITHIN.download),
  )
  operations.add(routes.remove, ({ viewer, body }) => act(viewer, 'delete', body.model_name, '/v1/delete', body))
  operations.add(routes.load, async ({ viewer, body }) =>
    asObject(await lemonade.loaded(viewer, body.model_name, given(body))),
  )
  operations.add(routes.unload, ({ viewer, body }) => {
    const name = body?.model_name
    return act(viewer, 'unload', name ?? 'all models', '/v1/unload', name ? { model_name: name } : undefined)
  })
  operations.add(routes.install, ({ viewer, body }) =>
    act(viewer, 'install backend', `${body.recipe}:${body.backend}`, '/v1/install', body, WITHIN.download),
  )
  operations.add(routes.uninstall, ({ viewer, body: { recipe, backend } }) =>
    act(viewer, 'uninstall backend', `${recipe}:${backend}`, '/v1/uninstall', { recipe, backend }),
  )
  const slot = (viewer: Viewer, raw: string, action: string, filename?: string | null) => {
    const id = Number(raw)
    const body = filename ? { filename } : undefined
    return act(viewer, `${action} slot`, `slot ${id}`, `/v1/slots/${id}?action=${action}`, body, WITHIN.slot)
  }
  operations.add(routes.saveSlot, ({ viewer, params, body }) => slot(viewer, params.slot_id, 'save', body.filename))
  operations.add(routes.restoreSlot, ({ viewer, params, body }) =>
    slot(viewer, params.slot_id, 'restore', body.filename),
  )
  operations.add(routes.eraseSlot, ({ viewer, params }) => slot(viewer, params.slot_id, 'erase'))
}

/** What was left out, or is null, is not sent. */
function given(body: object): Json {
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null && value !== undefined)) as Json
}

function asObject(json: Json): Record<string, Json> {
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json
  throw unreadable('a list where an object is due')
}

function asList(json: Json): Record<string, Json>[] {
  if (Array.isArray(json)) return json.map(asObject)
  throw unreadable('an object where a list is due')
}
