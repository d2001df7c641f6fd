import { existsSync } from 'node:fs'
import type { IncomingMessage, RequestListener } from 'node:http'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const root = join(import.meta.dirname, '..', '..', 'web')

/** A request on which the dashboard's server-side rendering finds GraphQL, without going over the network. */
export interface DashboardRequest extends IncomingMessage {
  /** Answers a GraphQL request in this process. */
  thonFetch?: (request: Request) => Promise<Response>
}

/** The dashboard, and how to let go of it. */
export interface Dashboard {
  handle: RequestListener
  close: () => Promise<void>
}

/**
 * The built dashboard.
 * @param graphql answers the GraphQL requests of server-side rendering, for whoever asked for the page
 * @throws when it is not built
 */
export async function builtDashboard(
  graphql: (request: Request, page: IncomingMessage) => Promise<Response>,
): Promise<Dashboard> {
  const entry = join(root, 'build', 'handler.js')
  if (!existsSync(entry)) throw new Error('The dashboard is not built. Run: npm run build')
  const { handler } = (await import(pathToFileURL(entry).href)) as { handler: RequestListener }
  return {
    handle: (request, response) => {
      const thonFetch = (asked: Request) => graphql(asked, request)
      Object.assign(request, { thonFetch } satisfies Pick<DashboardRequest, 'thonFetch'>)
      handler(request, response)
    },
    close: async () => undefined,
  }
}

/** The dashboard from its sources, with hot reload, for `npm run dev`. */
export async function devDashboard(): Promise<Dashboard> {
  const vite = await (
    await import('vite')
  ).createServer({
    root,
    configFile: join(root, 'vite.config.ts'),
    server: { middlewareMode: true, hmr: { port: await freePort() } },
    appType: 'custom',
  })
  return { handle: (request, response) => vite.middlewares(request, response), close: () => vite.close() }
}

/** Of the hot reload's own socket, so that several dev servers can run side by side. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
