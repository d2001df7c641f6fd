import type { IncomingMessage, ServerResponse } from 'node:http'
import { can } from '../core/permissions.ts'
import type { Principal } from '../core/viewer.ts'
import type { Clients } from '../http/client.ts'
import type { Handler } from '../http/guard.ts'
import { hostText } from '../http/host.ts'
import { redirect } from '../http/respond.ts'
import type { Addresses } from './addresses.ts'
import { isPath } from './cross-site.ts'
import type { HostedSandbox, SandboxDirectory } from './directory.ts'
import { sendPage, sendText } from './html.ts'
import { tokenCannotOpen, unknownAddress } from './messages.ts'
import type { OneTimeCodes } from './one-time-codes.ts'
import { credentialOf } from './sandbox-cookies.ts'
import type { StatusPages } from './status-pages.ts'

/** What the route needs. */
export interface OpenRouteDeps {
  authenticator: { authenticated(request: IncomingMessage): { viewer: Principal } }
  addresses: Addresses
  directory: SandboxDirectory
  oneTimeCodes: OneTimeCodes
  statusPages: StatusPages
  clients: Clients
}

/** How long a browser may open a person's own sandbox, in seconds. THON checks with every request who it is by now. */
const OWN_SECONDS = 7 * 24 * 3600
/** The same for somebody else's. Then it comes here again, which organizers do not notice. */
const OTHERS_SECONDS = 2 * 3600
/** SHA-256, as the sandbox's host name writes it. */
const HASH = /^[\w-]{43}$/

/** Status pages of sandboxes without an address of their own yet ask below this path. */
const STATUS_PATHS = '/open/.thon'

/**
 * `GET /open/<instance id>` and `GET /open?sandbox=<label>&to=<path>`, on THON's own host name: sends people who may open
 * that sandbox to its host name, with a one-time code in place of their session. All others go to the login page.
 */
export function openRoute(deps: OpenRouteDeps): Handler {
  return (request, response) => {
    const url = new URL(`http://thon.invalid${request.url ?? '/open'}`)
    const { viewer } = deps.authenticator.authenticated(request)
    const sandbox = sandboxOf(deps.directory, url)
    // A page of another site may link here, but not load this.
    const isNavigation = (request.headers['sec-fetch-mode'] ?? 'navigate') === 'navigate'
    if (!isNavigation && !url.pathname.startsWith(`${STATUS_PATHS}/`))
      sendText(response, 403, 'Open this address in a browser tab.')
    else if (viewer.role === 'anonymous' || viewer.role === 'waiting')
      redirect(response, `/login?to=${encodeURIComponent(url.pathname + url.search)}`)
    else if (!sandbox || !can(viewer, 'instances.open', [sandbox.userId]))
      sendPage(response, 404, unknownAddress('/my'))
    else return open(deps, request, response, { url, sandbox })
  }
}

function open(
  { authenticator, addresses, oneTimeCodes, statusPages, clients }: OpenRouteDeps,
  request: IncomingMessage,
  response: ServerResponse,
  { url, sandbox }: { url: URL; sandbox: HostedSandbox },
): void | Promise<void> {
  const { viewer } = authenticator.authenticated(request)
  const query = `?sandbox=${sandbox.label}`
  const paths = { base: STATUS_PATHS, query, home: `/open${query}`, mayCommand: true }
  if (url.pathname.startsWith(`${STATUS_PATHS}/`)) {
    const name = url.pathname.slice(STATUS_PATHS.length + 1)
    return statusPages.answer(request, response, name, { viewer, sandbox, paths })
  }
  const credential = credentialOf(viewer)
  const hostPort = sandbox.instance?.hostPort ?? null
  const byPath = addresses.pathPort !== null
  if (credential === null) sendPage(response, 403, tokenCannotOpen)
  // By path, a sandbox without a published port has no address yet.
  else if (byPath && hostPort === null) statusPages.show(response, viewer, sandbox, paths)
  else {
    const client = clients.of(request)
    const base =
      byPath && hostPort !== null
        ? addresses.pathOrigin(hostPort, client)
        : addresses.sandboxOrigin(sandbox.label, client)
    const to = url.searchParams.get('to') ?? '/'
    const goal = encodeURIComponent(isPath(to) ? to : '/')
    const browser = url.searchParams.get('browser')
    if (browser === null || !HASH.test(browser)) {
      const from = oneTimeCodes.rememberOrigin(`${client.scheme}://${hostText(client.host)}`)
      redirect(response, `${base}/.thon/begin?from=${from}&to=${goal}`)
    } else {
      const isOwn = viewer.kind === 'open' || (sandbox.userId !== null && viewer.userIds.has(sandbox.userId))
      const pass = { credential, seconds: isOwn ? OWN_SECONDS : OTHERS_SECONDS }
      redirect(response, `${base}/.thon/enter?code=${oneTimeCodes.issue(sandbox.label, browser, pass)}&to=${goal}`)
    }
  }
}

function sandboxOf(directory: SandboxDirectory, { pathname, searchParams }: URL): HostedSandbox | null {
  const id = /^\/open\/([\w-]+)$/.exec(pathname)?.[1]
  const label = id === undefined ? searchParams.get('sandbox') : directory.labelOf(id)
  return label === null ? null : directory.find(label)
}
