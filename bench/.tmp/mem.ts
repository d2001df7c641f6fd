import { join } from 'node:path'
import { Child } from '../kit/child.ts'
import { Thon } from '../kit/thon.ts'
const ROW = 'id group username state stateAt reason commands queuePlace progress url port hostPort'
const WATCH = `subscription { instanceChanged { kind id instance { ${ROW} } } }`
const thon = await Thon.start({ THON_ENGINE: 'process' })
const bare = await Child.start<string>(join(import.meta.dirname, '../fanout/bare.ts'), { BENCH_CONTAINER: 'x' })
const clients = await Child.start<string>(join(import.meta.dirname, '../fanout/clients.ts'))
const step = Number(process.argv[2] ?? 1000)
for (const side of ['bare', 'ours'] as const) {
  const mem = () => side === 'ours' ? thon.memory() : bare.ask<number>({})
  let last = await mem(); const out = [`base ${(last/1048576).toFixed(1)}MB`]
  for (let i = 0; i < 5; i++) {
    await clients.ask({ type: 'connect', side, url: side === 'ours' ? thon.socketUrl : bare.ready, count: step, query: side === 'ours' ? WATCH : undefined })
    const m = await mem(); out.push(((m - last) / step / 1024).toFixed(1)); last = m
  }
  console.log(side, out.join(' '))
}
await thon.end(); await bare.end(); await clients.end()
