/** The gateway for both sides: the part of APISIX's Admin API that applying uses, without delays. Reports its URL; empties itself on request. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { answer } from '../kit/child.ts'

const stores = { consumers: new Map<string, unknown>(), routes: new Map<string, unknown>() }

const server = createServer((request, response) => {
  void text(request).then((body) => {
    const url = new URL(request.url ?? '/', 'http://apisix')
    const [, kind, id] = /^\/apisix\/admin\/(consumers|routes)(?:\/(.*))?$/.exec(url.pathname) ?? []
    const store = stores[kind as keyof typeof stores] as Map<string, unknown> | undefined
    const [status, value] = replyOf(request.method, store, { kind, id, body, query: url.searchParams })
    response.writeHead(status, { 'Content-Type': 'application/json', Server: 'APISIX/3.18.0' })
    response.end(JSON.stringify(value))
  })
})

interface AdminRequest {
  kind: string | undefined
  id: string | undefined
  body: string
  query: URLSearchParams
}

function replyOf(
  method: string | undefined,
  store: Map<string, unknown> | undefined,
  { kind, id, body, query }: AdminRequest,
): [status: number, value: object] {
  if (!store) return [404, { error_msg: 'not found' }]
  if (method === 'PUT') {
    const value = JSON.parse(body) as { username?: string }
    const name = id ?? value.username ?? ''
    const status = store.has(name) ? 200 : 201
    store.set(name, value)
    return [status, { key: `/apisix/${kind}/${name}`, value }]
  }
  if (id) return store.has(id) ? [200, { value: store.get(id) }] : [404, { message: 'Key not found' }]
  const [page, size] = ['page', 'page_size'].map((name) => Number(query.get(name)))
  const all = [...store].map(([name, value]) => ({ key: `/apisix/${kind}/${name}`, value }))
  const list = page && size ? all.slice((page - 1) * size, page * size) : all
  return [200, { total: all.length, list: list.length > 0 ? list : {} }]
}
process.on('SIGTERM', () => process.exit(0))
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo
  answer(`http://127.0.0.1:${port}`, () => {
    const bodies = [...stores.consumers.values()]
    stores.consumers.clear()
    stores.routes.clear()
    return Promise.resolve(bodies)
  })
})
