import { join } from 'node:path'
import { mkdtempSync } from 'node:fs'
import { Child } from '../kit/child.ts'
const ROW = 'id group username state stateAt reason commands queuePlace progress url port hostPort'
const WATCH = `subscription { instanceChanged { kind id instance { ${ROW} } } }`
const dir = mkdtempSync('/tmp/thon-mem-')
const ours = await Child.start<string>(join(import.meta.dirname, 'server-mem.ts'), { THON_ENGINE: 'process', HOME: dir, THON_DB_PATH: dir + '/t.db', THON_WORKSPACE_DIR: dir + '/w', THON_PORTS: '0' })
const bare = await Child.start<string>(join(import.meta.dirname, 'bare-mem.ts'))
const clients = await Child.start<string>(join(import.meta.dirname, '../fanout/clients.ts'))
const lat: any = { bare: [], ours: [] }
const pulse = async (side: 'ours' | 'bare', state: string) => {
  await clients.ask({ type: 'expect', side, text: `"state":"${state}"` })
  const at = await (side === 'ours' ? ours : bare).ask<number>({ frame: state })
  const { at: end } = await clients.ask<any>({ type: 'wait', side })
  return end - at
}
for (const side of ['bare', 'ours'] as const) {
  const child = side === 'ours' ? ours : bare
  const url = side === 'ours' ? ours.ready.replace('http', 'ws') + '/graphql' : bare.ready
  const connect = (n: number) => clients.ask({ type: 'connect', side, url, count: n, query: side === 'ours' ? WATCH : undefined })
  await connect(1000)
  for (let i = 0; i < 3; i++) { await pulse(side, 'Paused'); await pulse(side, 'Running') }
  const m0 = await child.ask<any>({})
  await connect(2000)
  for (let i = 0; i < 3; i++) { await pulse(side, 'Paused'); await pulse(side, 'Running') }
  const m1 = await child.ask<any>({})
  console.log(side, Object.fromEntries(Object.entries(m1).map(([k, v]) => [k, +(((v as number) - m0[k]) / 2000 / 1024).toFixed(2)])))
}
if (process.argv[2]) await ours.ask({ snap: process.argv[2] })
for (const side of ['bare', 'ours']) await clients.ask({ type: 'close', side })
for (const side of ['bare', 'ours'] as const)
  await clients.ask({ type: 'connect', side, url: side === 'ours' ? ours.ready.replace('http', 'ws') + '/graphql' : bare.ready, count: 1000, query: side === 'ours' ? WATCH : undefined })
for (let i = 0; i < 40; i++) for (const side of ['bare', 'ours'] as const) lat[side].push(await pulse(side, i % 2 ? 'Paused' : 'Running'))
const med = (a: number[]) => a.toSorted((x, y) => x - y)[Math.floor(a.length / 2)]!
console.log('latency bare', med(lat.bare).toFixed(1), 'ours', med(lat.ours).toFixed(1), 'ratio', (med(lat.ours) / med(lat.bare)).toFixed(2), 'min', Math.min(...lat.bare).toFixed(1), Math.min(...lat.ours).toFixed(1))
await ours.end(); await bare.end(); await clients.end()
