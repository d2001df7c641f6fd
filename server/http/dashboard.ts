import { existsSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Handler } from './guard.ts'

const root = join(import.meta.dirname, '..', '..', 'web')

/** A request through which the dashboard's server-side rendering reaches GraphQL without the network. */
export interface DashboardRequest extends IncomingMessage {
  /** Answers a GraphQL request in this process. */
  thonFetch?: (request: Request) => Promise<Response>
}

/** The dashboard. */
export interface Dashboard {
  handle: Handler
  close: () => Promise<void>
}

/**
 * The built dashboard.
 * @param graphql answers the GraphQL requests of server-side rendering, for the person who requested the page
 * @throws Error when it is not built
 */
export async function builtDashboard(
  graphql: (request: Request, page: IncomingMessage) => Promise<Response>,
): Promise<Dashboard> {
  const entry = join(root, 'build', 'handler.js')
  if (!existsSync(entry)) throw new Error('The dashboard is not built. Run: npm run build')
  const { handler } = (await import(pathToFileURL(entry).href)) as { handler: Handler }
  return {
    handle: (request, response) => {
      const thonFetch = (query: Request) => graphql(query, request)
      Object.assign(request, { thonFetch } satisfies Pick<DashboardRequest, 'thonFetch'>)
      return handler(request, response)
    },
    close: () => Promise.resolve(),
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

/** For the socket of hot reload: several dev servers may run at the same time. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
