import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Principal } from '../core/viewer.ts'
import type { Clients } from '../http/client.ts'
import { redirect } from '../http/respond.ts'
import type { Addresses } from './addresses.ts'
import { cookieValues } from './cookies.ts'
import { isNavigation, isPath } from './cross-site.ts'
import type { HostedSandbox } from './directory.ts'
import { refuse, sendPage } from './html.ts'
import { OPEN_IN_BROWSER, withoutCookies } from './messages.ts'
import type { OneTimeCodes } from './one-time-codes.ts'
import type { SandboxCookies } from './sandbox-cookies.ts'
import type { AccessRequest } from './worker-protocol.ts'

/** THON answers below this path of a sandbox's host name; everything else is the sandbox's. */
export const THON_PATHS = '/.thon/'
/** How long a browser keeps a sandbox cookie, in seconds. THON checks with every request whether it is still valid. */
const COOKIE_SECONDS = 7 * 24 * 3600

/** Where a request leads. */
export interface Destination {
  label: string
  /** Null if no sandbox has this label. */
  sandbox: HostedSandbox | null
  /** Path that belongs to the sandbox, such as `/32768`; '' where the sandbox has its own host name. */
  path: string
  /** The rest of the request's target, from its slash on. */
  rest: string
}

/** The person behind a sandbox cookie, and the credential that the cookie stands for. */
export interface CookieHolder {
  viewer: Principal
  credential: string
}

/** What entering a sandbox needs. */
export interface SandboxEntryDeps {
  addresses: Addresses
  sandboxCookies: SandboxCookies
  oneTimeCodes: OneTimeCodes
  clients: Clients
}

/** How a browser gets its cookie for a sandbox: it signs in at THON, and brings a one-time code from there. */
export class SandboxEntry {
  readonly #deps: SandboxEntryDeps

  constructor(deps: SandboxEntryDeps) {
    this.#deps = deps
  }

  /** Who sent a request, by its sandbox cookie; null without a valid one. At once where nothing has to be looked up. */
  holderOf(
    { cookie, scheme }: Pick<AccessRequest, 'cookie' | 'scheme'>,
    { label, path }: Pick<Destination, 'label' | 'path'>,
  ): CookieHolder | null | Promise<CookieHolder | null> {
    const { sandboxCookies } = this.#deps
    // A page of another sandbox may have set a cookie of this name for the whole domain: only a signed one counts.
    const values = cookieValues(cookie, cookieName(scheme, path))
    const [credential] = values.flatMap((value) => sandboxCookies.read(value, label) ?? [])
    if (credential === undefined) return null
    const holder = (viewer: Principal | null) => viewer && { viewer, credential }
    const viewer = sandboxCookies.viewerFor(credential)
    return viewer instanceof Promise ? viewer.then(holder) : holder(viewer)
  }

  /** Exchanges a one-time code for a cookie, and leaves the address with the code at once. */
  enter(request: IncomingMessage, response: ServerResponse, { label, path, rest }: Destination): void {
    const { oneTimeCodes, sandboxCookies, clients } = this.#deps
    const query = queryOf(rest)
    const credential = oneTimeCodes.redeem(query.get('code') ?? '', label)
    const goal = goalOf(query)
    // The back button, or the address opened again: a browser that has a cookie already needs no code.
    if (credential === null) {
      redirect(response, `${path}${goal}`)
      return
    }
    const { scheme } = clients.of(request)
    const value = sandboxCookies.sign(label, credential)
    response.setHeader(
      'Set-Cookie',
      `${cookieName(scheme, path)}=${value}; Path=${path || '/'}; HttpOnly; SameSite=Lax; Max-Age=${COOKIE_SECONDS}${scheme === 'https' ? '; Secure' : ''}`,
    )
    redirect(response, `${path}${THON_PATHS}arrived?to=${encodeURIComponent(goal)}`)
  }

  /** Checks that the browser has kept the cookie: otherwise THON and the sandbox would redirect to each other forever. */
  arrive(response: ServerResponse, { rest, path }: Destination, holder: CookieHolder | null): void {
    if (holder) redirect(response, `${path}${goalOf(queryOf(rest))}`)
    else sendPage(response, 403, withoutCookies)
  }

  /** Sends a browser without a cookie to THON's own host name, which knows who may have one. */
  signIn(request: IncomingMessage, response: ServerResponse, destination: Destination): void {
    if (!isNavigation(request)) {
      refuse(response, 401, OPEN_IN_BROWSER)
      return
    }
    const { label, rest } = destination
    const goal = isPath(rest) && !rest.startsWith(THON_PATHS) ? rest : '/'
    const origin = this.thonOrigin(request, destination)
    redirect(response, `${origin}/open?sandbox=${label}&to=${encodeURIComponent(goal)}`)
  }

  /** THON's own origin, as the browser that sent a request reaches it. */
  thonOrigin(request: IncomingMessage, { label, path }: Destination): string {
    const { clients, addresses } = this.#deps
    const client = clients.of(request)
    return path ? addresses.thonOriginOfPath(client) : addresses.thonOrigin(label, client)
  }
}

/** Splits a request's target into its path and its query, without the question mark. */
export function splitTarget(target: string): [path: string, query: string] {
  const at = target.indexOf('?')
  return at < 0 ? [target, ''] : [target.slice(0, at), target.slice(at + 1)]
}

function queryOf(target: string): URLSearchParams {
  return new URLSearchParams(splitTarget(target)[1])
}

function goalOf(query: URLSearchParams): string {
  const goal = query.get('to') ?? '/'
  return isPath(goal) ? goal : '/'
}

function cookieName(scheme: string, path: string): string {
  if (path) return `thon-pass-${path.slice(1)}`
  // The prefix keeps other host names of the domain from setting it. Browsers accept it over https only.
  return scheme === 'https' ? '__Host-thon-pass' : 'thon-pass'
}
