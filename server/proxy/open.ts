import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { can } from '../core/permissions.ts'
import type { Clients } from '../http/client.ts'
import type { Addresses } from './addresses.ts'
import type { StatusPages } from './status-pages.ts'
import type { Hosted, SandboxDirectory } from './directory.ts'
import { sendPage, sendText } from './html.ts'
import { grantOf, type DoorForPasses, type Entered } from './sandbox-cookies.ts'
import { isPath } from './cross-site.ts'
import type { OneTimeCodes } from './one-time-codes.ts'
import { notSignedIn, unknownAddress } from './messages.ts'

/** What opening is made of. */
export interface OpenRouteDeps {
  door: DoorForPasses & { authenticated(request: IncomingMessage): Entered }
  addresses: Addresses
  directory: SandboxDirectory
  tickets: OneTimeCodes
  desk: StatusPages
  clients: Clients
}

/**
 * `GET /open/<instance id>` and `GET /open?sandbox=<label>&to=<path>`, on THON's own host name: sends whoever may open that
 * sandbox to its host name, with a ticket in place of their session; everybody else to the login page.
 */
export function openRoute(parts: OpenRouteDeps): RequestListener {
  return (request, response) => {
    const url = new URL(request.url ?? '/open', 'http://thon.invalid')
    const { viewer } = parts.door.authenticated(request)
    // A page of another site may lead here, and nothing else.
    if ((request.headers['sec-fetch-mode'] ?? 'navigate') !== 'navigate' && !url.pathname.startsWith('/open/.thon/'))
      return sendText(response, 403, 'This address is for people, not for pages.')
    if (viewer.role === 'anonymous' || viewer.role === 'waiting')
      return redirect(response, `/login?to=${encodeURIComponent(url.pathname + url.search)}`)
    const sandbox = sandboxOf(parts.directory, url)
    if (!sandbox || !can(viewer, 'instances.open', [sandbox.userId]))
      return sendPage(response, 404, unknownAddress, { who: null, desk: null })
    serve(parts, request, response, { url, sandbox })
  }
}

function serve(
  parts: OpenRouteDeps,
  request: IncomingMessage,
  response: ServerResponse,
  { url, sandbox }: { url: URL; sandbox: Hosted },
): void {
  const { door, addresses, tickets, desk, clients } = parts
  const entry = door.authenticated(request)
  const query = `?sandbox=${sandbox.label}`
  const paths = { base: '/open/.thon', query, home: `/open${query}` }
  const { viewer } = entry
  if (url.pathname.startsWith('/open/.thon/'))
    return desk.answer(request, response, url.pathname.slice('/open/.thon/'.length), { viewer, sandbox, paths })
  const grant = grantOf(entry, door.locked)
  if (grant === null) return sendPage(response, 403, notSignedIn, { who: null, desk: null })
  const { scheme, host } = clients.of(request)
  const hostPort = sandbox.instance?.hostPort ?? null
  const { pathPort } = addresses
  // Without a port of its own there is no address yet that would lead to it by path.
  if (pathPort !== null && hostPort === null) return desk.show(response, viewer, sandbox, paths)
  const base =
    pathPort === null
      ? addresses.sandboxOrigin(sandbox.label, { scheme, host })
      : addresses.pathOrigin(hostPort as number, { scheme, host })
  const to = url.searchParams.get('to') ?? '/'
  const goal = isPath(to) ? to : '/'
  const ticket = tickets.issue(sandbox.label, grant)
  redirect(response, `${base}/.thon/enter?ticket=${ticket}&to=${encodeURIComponent(goal)}`)
}

function sandboxOf(directory: SandboxDirectory, { pathname, searchParams }: URL): Hosted | null {
  const id = /^\/open\/([\w-]+)$/.exec(pathname)?.[1]
  const label = id === undefined ? searchParams.get('sandbox') : directory.labelOf(id)
  return label === null ? null : directory.find(label)
}

function redirect(response: ServerResponse, to: string): void {
  response.writeHead(303, { Location: to, 'Cache-Control': 'no-store', 'Referrer-Policy': 'no-referrer' }).end()
}
