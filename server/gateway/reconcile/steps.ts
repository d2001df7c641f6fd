import { newKey } from '../keys.ts'
import { ownerLabel, ROUTE_ID, routeBody } from './desired.ts'
import type { Step } from './job.ts'
import { bodyFor, routeStateOf } from './plan.ts'
import type { Inspection } from './watch.ts'

/** Every step of applying the configuration, also those with nothing to do. The route comes first: no key works without it. */
export function applySteps({ config, apisix, route, diff }: Inspection): Step[] {
  const isCurrent = routeStateOf(route, config).current
  const writeRoute = () => apisix.put('routes', ROUTE_ID, routeBody(config))
  return [
    { username: ROUTE_ID, label: 'Route', action: 'ROUTE', work: isCurrent ? null : writeRoute },
    ...diff.changes.map(({ desired, existing, action, username }): Step => {
      const body = () => bodyFor(desired, username, existing?.key ?? newKey(), config, apisix.version)
      const work = action === 'KEEP' ? null : () => apisix.put('consumers', username, body())
      return { username, label: ownerLabel(desired), action, work }
    }),
  ]
}

/** Every step of deleting the configuration. The route comes first, so that all keys stop working at the same moment. */
export function deleteSteps({ apisix, existing, route }: Inspection): Step[] {
  const deleteRoute: Step = {
    ...{ username: ROUTE_ID, label: 'Route', action: 'DELETE' },
    work: () => apisix.delete('routes', ROUTE_ID),
  }
  return [
    ...(route ? [deleteRoute] : []),
    ...existing.map(({ username, desc }): Step => {
      const work = () => apisix.delete('consumers', username)
      return { username, label: desc ?? username, action: 'DELETE', work }
    }),
  ]
}
