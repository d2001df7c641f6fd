import { createHash, randomBytes } from 'node:crypto'
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
import type { AccessRequest } from './protocol.ts'

/** THON answers below this path of a sandbox's host name; everything else is the sandbox's. */
export const THON_PATHS = '/.thon/'
/** How many sign-ins of one browser may be under way at a sandbox: it may have several tabs. */
const MOST_SECRETS = 4
/** A secret of 144 random bits. */
const SECRET = /^[\w-]{24}$/

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

/**
 * How a browser gets its cookie for a sandbox. At the sandbox's host name it gets a secret, out of reach of scripts. It takes
 * the hash of it to THON, signs in there, and brings back a one-time code, which is good only together with the secret.
 */
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
    const values = cookieValues(cookie, cookieName('pass', scheme, path))
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
    const { scheme } = clients.of(request)
    const secrets = secretsIn(request, scheme, path)
    const pass = oneTimeCodes.redeem(query.get('code') ?? '', label, secrets.map(hashOf))
    const goal = goalOf(query)
    const arrived = `${path}${THON_PATHS}arrived?to=${encodeURIComponent(goal)}`
    // The back button, or the address opened again: a browser that has a cookie already needs no code. One without any
    // secret keeps no cookies, or brought somebody else's code.
    if (pass === null) redirect(response, secrets.length > 0 ? `${path}${goal}` : arrived)
    else {
      const value = sandboxCookies.sign(label, pass)
      const name = cookieName('pass', scheme, path)
      response.setHeader('Set-Cookie', [
        `${name}=${value}; Path=${path || '/'}; HttpOnly; SameSite=Lax; Max-Age=${pass.seconds}${secureOf(scheme)}`,
        `${cookieName('entry', scheme, path)}=; Path=${path || '/'}; HttpOnly; SameSite=Lax; Max-Age=0${secureOf(scheme)}`,
      ])
      redirect(response, arrived)
    }
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
    const { rest } = destination
    this.#begin(request, response, destination, isPath(rest) && !rest.startsWith(THON_PATHS) ? rest : '/')
  }

  /** The same for a browser that comes from THON's own host name, and has no secret of this sandbox yet. */
  begin(request: IncomingMessage, response: ServerResponse, destination: Destination): void {
    const query = queryOf(destination.rest)
    const from = this.#deps.oneTimeCodes.originOf(query.get('from') ?? '')
    this.#begin(request, response, destination, goalOf(query), from)
  }

  /** @param from THON's address where the browser is signed in; null when it is not known */
  #begin(
    request: IncomingMessage,
    response: ServerResponse,
    destination: Destination,
    goal: string,
    from: string | null = null,
  ): void {
    const { label, path } = destination
    const { scheme } = this.#deps.clients.of(request)
    const secret = randomBytes(18).toString('base64url')
    const secrets = [secret, ...secretsIn(request, scheme, path)].slice(0, MOST_SECRETS)
    const name = cookieName('entry', scheme, path)
    // No Max-Age: signing in may take a while.
    response.setHeader(
      'Set-Cookie',
      `${name}=${secrets.join('.')}; Path=${path || '/'}; HttpOnly; SameSite=Lax${secureOf(scheme)}`,
    )
    const query = new URLSearchParams({ sandbox: label, to: goal, browser: hashOf(secret) })
    redirect(response, `${from ?? this.thonOrigin(request, destination)}/open?${query.toString()}`)
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

function cookieName(kind: 'pass' | 'entry', scheme: string, path: string): string {
  if (path) return `thon-${kind}-${path.slice(1)}`
  // The prefix keeps other host names of the domain from setting it. Browsers accept it over https only.
  return scheme === 'https' ? `__Host-thon-${kind}` : `thon-${kind}`
}

function secureOf(scheme: string): string {
  return scheme === 'https' ? '; Secure' : ''
}

/** The secrets that a browser got at a sandbox's host name, the newest first. */
function secretsIn({ headers }: IncomingMessage, scheme: string, path: string): string[] {
  const values = cookieValues(headers.cookie, cookieName('entry', scheme, path))
  return values.flatMap((value) => value.split('.')).filter((secret) => SECRET.test(secret))
}

function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url')
}
