import { now } from '../kit/measure.ts'
import { createApp } from '../../server/app.ts'
import { loadEnv } from '../../server/env.ts'
import { answer } from '../kit/child.ts'
import { writeHeapSnapshot } from 'node:v8'
const app = await createApp(loadEnv(process.env), { dashboard: 'none' })
process.on('SIGTERM', () => void app.close().then(() => process.exit(0)))
answer(app.urls[0], async (q: any) => {
  if (q.frame) { const at = now(); fire(q.frame); return at }
  for (let i = 0; i < 6; i++) { globalThis.gc?.(); await new Promise(r => setTimeout(r, 100)) }
  if (q.snap) writeHeapSnapshot(q.snap)
  return process.memoryUsage()
})

function fire(state: string) { const row = { id: 'x'.repeat(36), group: 'bench', username: 'ann', state: state, stateAt: new Date(), reason: null, port: 8443, hostPort: 40000 }; app.services.events.publish('instance', { kind: 'UPDATED', id: row.id, row: row as any }) }
