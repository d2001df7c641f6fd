import { BadRequest, NotFound } from '../core/errors.ts'
import type { Services } from '../graphql/context.ts'
import type { Operations } from '../rest/operation.ts'
import { STATES } from './sync/lifecycle.ts'
import type { InstanceRow } from './model.ts'
import * as routes from './rest-routes.ts'
import { toResults, wireInstance } from './rest-shapes.ts'

/** `/api/instances`: sandboxes and every command on them. Commands answer when they are done. */
export function instancesRest(operations: Operations, { instances, syncCommands, addresses }: Services): void {
  const shown = (row: InstanceRow) => wireInstance(row, { addresses, madeFor: instances.madeFor(row), isNew: false })
  const fresh = (row: InstanceRow) => wireInstance(row, { addresses, madeFor: row, isNew: true })

  operations.add(routes.listInstances, async ({ viewer, query: { state, page, page_size } }) => {
    const { items, total } = await instances.list(viewer, {
      filter: { states: state ?? STATES.filter((one) => one !== 'Terminated') },
      page: { number: Math.min(Number(page), Number.MAX_SAFE_INTEGER), size: Number(page_size) },
    })
    return { instances: items.map(shown), total, page, page_size }
  })
  operations.add(routes.createInstance, async ({ viewer, body }) => fresh(await syncCommands.create(viewer, body)))

  operations.add(routes.bulkRegister, async ({ viewer, body }) => {
    const mappings = body.mappings.map(({ sandbox_id, ...names }) => ({ id: sandbox_id, ...names }))
    return toResults('register', await instances.registerMany(viewer, mappings))
  })
  operations.add(routes.bulk('pause'), async ({ viewer, body }) =>
    toResults('pause', await syncCommands.bulk(viewer, 'pause', body.instance_ids)),
  )
  operations.add(routes.bulk('resume'), async ({ viewer, body }) =>
    toResults('resume', await syncCommands.bulk(viewer, 'resume', body.instance_ids)),
  )
  operations.add(routes.bulk('kill'), async ({ viewer, body }) =>
    toResults('kill', await syncCommands.bulk(viewer, 'kill', body.instance_ids)),
  )

  operations.add(routes.registerInstance, async ({ viewer, params, body: { group, username } }) =>
    shown(await instances.register(viewer, params.instance_id, { group, username })),
  )
  operations.add(routes.getInstance, async ({ viewer, params }) =>
    shown(await instances.get(viewer, params.instance_id)),
  )
  operations.add(routes.killInstance, async ({ viewer, params }) => {
    const { id } = await syncCommands.kill(viewer, params.instance_id)
    return { status: 'terminated', id }
  })
  operations.add(routes.pauseInstance, async ({ viewer, params }) => {
    const { id } = await syncCommands.pause(viewer, params.instance_id)
    return { status: 'paused', id }
  })
  operations.add(routes.resumeInstance, async ({ viewer, params }) =>
    shown(await syncCommands.resume(viewer, params.instance_id)),
  )
  operations.add(routes.recreateInstance, async ({ viewer, params }) => {
    try {
      return fresh(await syncCommands.recreate(viewer, params.instance_id))
    } catch (error) {
      if (error instanceof NotFound) throw new BadRequest(`No DB record for sandbox ${params.instance_id}`)
      throw error
    }
  })
  operations.add(routes.renewInstance, async ({ viewer, params, body: { timeout_minutes } }) => {
    const { id } = await instances.renew(viewer, params.instance_id, { timeoutMinutes: timeout_minutes })
    return { status: 'renewed', id, timeout_minutes }
  })
}
