/** The peer: a bare Hono route that answers with given bytes for each path. Its `ready` is its URL. */
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import type { AddressInfo } from 'node:net'
import { answer, settledMemory } from '../kit/child.ts'

const app = new Hono()
const lists = new Map<string, Buffer<ArrayBuffer>>()
app.get('/api/:list', (c) => {
  const bytes = lists.get(c.req.path)
  return bytes ? c.body(bytes, 200, { 'Content-Type': 'application/json' }) : c.notFound()
})
process.on('SIGTERM', () => process.exit(0))
serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }: AddressInfo) =>
  answer(`http://127.0.0.1:${port}`, ({ path, text }: { path?: string; text?: string }) => {
    if (path === undefined) return settledMemory()
    lists.set(path, Buffer.from(text ?? ''))
    return undefined
  }),
)
