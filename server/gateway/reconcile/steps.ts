import { randomBytes } from 'node:crypto'
import { bodyFor, routeStateOf } from './plan.ts'
import type { Task } from './job.ts'
import { ROUTE_ID, routeBody } from './desired.ts'
import type { Found } from './watch.ts'

/** Every step of a set-up, those with nothing to do too: the route first, without which no key is worth anything. */
export function setUpTasks({ setup, apisix, route, compared }: Found): Task[] {
  const isCurrent = routeStateOf(route, setup).current
  const put = () => apisix.put('routes', ROUTE_ID, routeBody(setup))
  const ofRoute: Task = { username: ROUTE_ID, label: 'Route', action: 'ROUTE', work: isCurrent ? null : put }
  return [
    ofRoute,
    ...compared.due.map(({ wanted, present, action, username }): Task => {
      const label = wanted.user === null ? `Group ${wanted.group}` : `${wanted.group}/${wanted.user}`
      const body = () => bodyFor(wanted, username, present?.key ?? newKey(), setup, apisix.version)
      return {
        username,
        label,
        action,
        work: action === 'KEEP' ? null : () => apisix.put('consumers', username, body()),
      }
    }),
  ]
}

/** Every step of a clean-up: the route first, so that nobody's keys end one after the other. */
export function cleanUpTasks({ apisix, present, route }: Found): Task[] {
  const ofRoute: Task[] = route
    ? [{ username: ROUTE_ID, label: 'Route', action: 'DELETE', work: () => apisix.delete('routes', ROUTE_ID) }]
    : []
  return [
    ...ofRoute,
    ...present.map(({ username, desc }): Task => {
      const work = () => apisix.delete('consumers', username)
      return { username, label: desc ?? username, action: 'DELETE', work }
    }),
  ]
}

/** A key that nobody guesses. */
export function newKey(): string {
  return randomBytes(24).toString('base64url')
}
