import { getRequestListener } from '@hono/node-server'
import { OpenAPIHono } from '@hono/zod-openapi'
import type { Authenticator } from '../auth/authenticator.ts'
import { assertApproved } from '../core/permissions.ts'
import { authRest } from '../auth/rest.ts'
import { COOKIE } from '../auth/sessions.ts'
import type { SignIn } from '../auth/sign-in.ts'
import type { Services } from '../graphql/context.ts'
import { gatewayRest } from '../gateway/rest.ts'
import { groupsRest } from '../groups/rest.ts'
import { usersRest } from '../groups/rest-users.ts'
import type { Clients } from '../http/client.ts'
import type { Handler } from '../http/guard.ts'
import { instancesRest } from '../instances/rest.ts'
import { lemonadeRest } from '../lemonade/rest.ts'
import { linksRest } from '../links/rest.ts'
import { configFilesRest, settingsRest } from '../settings/rest.ts'
import type { Quotas } from '../core/quotas.ts'
import { ResponseCache } from '../core/response-cache.ts'
import type { Log } from '../core/log.ts'
import type { BodyLimits } from '../rest/body.ts'
import { docsRoutes } from '../rest/docs.ts'
import { Operations, type RestEnv } from '../rest/operation.ts'
import { httpErrorOf } from '../rest/http-errors.ts'

/** What the REST shim depends on. */
export interface RestDeps {
  services: Services
  /** Who sent a request. */
  authenticator: Pick<Authenticator, 'authenticated'>
  signIn: SignIn
  /** Where a request comes from. */
  clients: Clients
  quotas: Quotas
  log: Log
  limits?: BodyLimits
}

const LIMITS: BodyLimits = { largest: 1024 * 1024, idle: 10_000, whole: 60_000 }

/** Paths that need no sign-in, including unknown ones. */
const OPEN = /^\/(?!api\/)|^\/api\/auth\//

/** `/api/*`, `/openapi.json` and `/docs`, as a handler of Node's HTTP server. */
export function createRest({
  services,
  authenticator,
  signIn,
  clients,
  quotas,
  log,
  limits = LIMITS,
}: RestDeps): Handler {
  const app = new OpenAPIHono<RestEnv>()
  const viewerOf = (incoming: RestEnv['Bindings']['incoming']) => authenticator.authenticated(incoming).viewer
  const operations = new Operations({ app, viewerOf, cache: new ResponseCache(services.events), quotas, limits })
  app.use('/api/*', async (c, next) => {
    // Hono would answer HEAD from GET, but only declared operations exist.
    if (c.req.method === 'HEAD' || c.req.method === 'OPTIONS') return c.notFound()
    return next()
  })
  authRest(operations, { authenticator, signIn, clients })
  linksRest(operations, { linkEntry: services.linkEntry, clients })
  groupsRest(operations, services)
  usersRest(operations, services)
  settingsRest(operations, services)
  instancesRest(operations, services)
  configFilesRest(operations, services)
  lemonadeRest(operations, services)
  gatewayRest(operations, services)
  docsRoutes(app, COOKIE)

  app.notFound((c) => {
    const { pathname, search } = new URL(c.req.url)
    const path = decoded(pathname)
    // Callers learn which paths exist only after they have been approved.
    if (!OPEN.test(pathname)) assertApproved(viewerOf(c.env.incoming))
    const same = operations.declared.find((one) => one.pattern.test(path))
    // Allow names only the method of the first match, as the Python server does.
    if (same) return c.json({ detail: 'Method Not Allowed' }, 405, { Allow: same.method })
    const bare = path.replace(/\/$/, '')
    if (bare !== path && operations.declared.some((one) => one.pattern.test(bare)))
      return c.body(null, 307, { Location: `${pathname.slice(0, -1)}${search}` })
    return c.json({ detail: 'Not Found' }, 404)
  })
  app.onError((error, c) => {
    const { status, body, close, retryAfter } = httpErrorOf(error, log)
    return c.body(safely(body), status as 500, {
      'Content-Type': 'application/json',
      ...(close && { Connection: 'close' }),
      ...(retryAfter !== undefined && { 'Retry-After': String(retryAfter) }),
    })
  })
  const listener = getRequestListener(app.fetch, {
    overrideGlobalObjects: false,
    // Only malformed addresses end here; errors of operations are answered above.
    errorHandler: () => Response.json({ detail: 'The address cannot be read.' }, { status: 400 }),
  })
  return (incoming, outgoing) => {
    // An ordinary character in Python; URL would take it for a slash.
    incoming.url = incoming.url?.replaceAll('\\', '%5C')
    return listener(incoming, outgoing)
  }
}

/** The list of errors repeats the input, which cannot be written when it is nested too deeply. */
function safely(body: { detail: unknown }): string {
  try {
    return JSON.stringify(body)
  } catch {
    return JSON.stringify({ detail: 'There was an error parsing the body' })
  }
}

/** Decodes a path as Python does: malformed escapes stay as they are. */
function decoded(path: string): string {
  return path.replace(/(?:%[\da-f]{2})+/gi, (run) => Buffer.from(run.replaceAll('%', ''), 'hex').toString())
}
