/** The peer: a bare `node:http` handler that reads the request and answers with given bytes. Its `ready` is its URL. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { answer } from '../kit/child.ts'

let bytes = Buffer.alloc(0)
const server = createServer((request, response) => {
  request.resume().on('end', () => {
    response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': bytes.length }).end(bytes)
  })
})
await once(server.listen(0, '127.0.0.1'), 'listening')

process.on('SIGTERM', () => process.exit(0))
answer(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, ({ text }: { text: string }) => {
  bytes = Buffer.from(text)
  return Promise.resolve()
})
