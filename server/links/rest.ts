import type { IncomingMessage } from 'node:http'
import type { Operations } from '../rest/operation.ts'
import type { LinkEntry } from './entry.ts'
import type { LinkView } from './model.ts'
import * as routes from './rest-routes.ts'

/** Where a request comes from. */
interface Addresses {
  of(incoming: IncomingMessage): { address: string }
}

/** `/api/auth/link`: coming in by a link. Its secret travels in bodies, which nobody logs. */
export function linksRest(
  operations: Operations,
  { linkEntry, clients }: { linkEntry: LinkEntry; clients: Addresses },
): void {
  operations.add(routes.lookAtLink, async ({ body, incoming }) =>
    onTheWire(await linkEntry.look(body, clients.of(incoming).address)),
  )
  operations.add(routes.enterByLink, async ({ body, incoming, setCookie }) => {
    setCookie(await linkEntry.enter(body, clients.of(incoming).address))
    return { status: 'ok' }
  })
}

function onTheWire(view: LinkView) {
  if (view.kind === 'person') return view
  const { allowNewUsers, expiresAt, ...rest } = view
  return { ...rest, takes_new_names: allowNewUsers, expires_at: expiresAt?.toISOString() ?? null }
}
