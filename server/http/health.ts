import type { ServerResponse } from 'node:http'
import type { Db } from '../db/client.ts'
import type { Route } from './server.ts'

/**
 * `/healthz` answers 200 while the process serves: `{ status }`. `/readyz` answers 200 when the database answers too, else
 * 503: `{ status, database, engine }`. THON stays ready without a sandbox engine; the body and the dashboard show that.
 */
export function healthRoutes(db: Db, engineConnected: () => boolean): Route[] {
  return [
    { path: '/healthz', handle: (_request, response) => send(response, 200, { status: 'alive' }) },
    {
      path: '/readyz',
      handle: (_request, response) => {
        // Monitoring may compare this word, so it stays.
        const engine = engineConnected() ? 'connected' : 'away'
        return db.$queryRaw`SELECT 1`.then(
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
