import { now } from '../kit/measure.ts'
import { WebSocketServer } from 'ws'
import { answer } from '../kit/child.ts'
import { once } from 'node:events'
const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false })
await once(server, 'listening')
process.on('SIGTERM', () => process.exit(0))
answer(`ws://127.0.0.1:${(server.address() as any).port}`, async (q: any) => {
  if (q.frame) { const at = now(); fire(q.frame); return at }
  for (let i = 0; i < 6; i++) { globalThis.gc?.(); await new Promise(r => setTimeout(r, 100)) }
  return process.memoryUsage()
})

function fire(state: string) { const f = JSON.stringify({id:'f5a3b1c0-7d1e-4f3a-9b0e-1c2d3e4f5a6b',type:'next',payload:{data:{instanceChanged:{kind:'UPDATED',id:'x'.repeat(36),instance:{ id: 'x'.repeat(36), group: 'bench', username: 'ann', state: state, stateAt: new Date(), reason: null, port: 8443, hostPort: 40000 ,commands:['pause','resume']}}}}}); for (const c of server.clients) c.send(f) }
