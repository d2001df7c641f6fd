/** Both sides' gateway: as much of APISIX's Admin API as a set-up asks, answering at once. Ready with its URL; empties itself when asked. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { answer } from '../kit/child.ts'

const things = { consumers: new Map<string, unknown>(), routes: new Map<string, unknown>() }

const server = createServer((request, response) => {
  void text(request).then((body) => {
    const url = new URL(request.url ?? '/', 'http://apisix')
    const [, kind, id] = /^\/apisix\/admin\/(consumers|routes)(?:\/(.*))?$/.exec(url.pathname) ?? []
    const some = things[kind as keyof typeof things] as Map<string, unknown> | undefined
    const reply = (status: number, value: object) => {
      response.writeHead(status, { 'Content-Type': 'application/json', Server: 'APISIX/3.18.0' })
      response.end(JSON.stringify(value))
    }
    if (!some) return reply(404, { error_msg: 'not found' })
    if (request.method === 'PUT') {
      const value = JSON.parse(body) as { username?: string }
      const name = id ?? value.username ?? ''
      const status = some.has(name) ? 200 : 201
      some.set(name, value)
      return reply(status, { key: `/apisix/${kind}/${name}`, value })
    }
    if (id) return some.has(id) ? reply(200, { value: some.get(id) }) : reply(404, { message: 'Key not found' })
    const [page, size] = ['page', 'page_size'].map((name) => Number(url.searchParams.get(name)))
    const all = [...some].map(([name, value]) => ({ key: `/apisix/${kind}/${name}`, value }))
    const list = page && size ? all.slice((page - 1) * size, page * size) : all
    return reply(200, { total: all.length, list: list.length > 0 ? list : {} })
  })
})
process.on('SIGTERM', () => process.exit(0))
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo
  answer(`http://127.0.0.1:${port}`, async () => {
    const bodies = [...things.consumers.values()]
    things.consumers.clear()
    things.routes.clear()
    return bodies
  })
})
