import type { ServerResponse } from 'node:http'
import type { Db } from '../db/client.ts'
import type { Route } from './server.ts'

/**
 * `/healthz` answers 200 while the process serves; `/readyz` 200 when the database answers too, else 503. A sandbox engine
 * that is away does not make THON unready: it says so in the body and on the dashboard.
 */
export function healthRoutes(db: Db, engineConnected: () => boolean): Route[] {
  return [
    { path: '/healthz', handle: (_request, response) => send(response, 200, { status: 'alive' }) },
    {
      path: '/readyz',
      handle: (_request, response) => {
        const engine = engineConnected() ? 'connected' : 'away'
        db.$queryRaw`SELECT 1`.then(
          () => send(response, 200, { status: 'ready', database: 'ok', engine }),
          () => send(response, 503, { status: 'unready', database: 'failing', engine }),
        )
      },
    },
  ]
}

function send(response: ServerResponse, status: number, body: object): void {
  response
    .writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' })
    .end(JSON.stringify(body))
}
