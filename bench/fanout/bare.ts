/**
 * The peer: a bare `ws` server that follows Docker's events by dockerode and sends one ready-made frame to every socket
 * when its container is paused or resumed. Ready with its URL; takes the frames, then answers with its memory.
 */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { WebSocketServer } from 'ws'
import { answer, settledMemory } from '../kit/child.ts'
import { jsonLines } from '../../server/engine/docker/json-lines.ts'
import { docker } from '../kit/sandboxes.ts'

/** What to send for which of Docker's actions. */
export interface BareQuestion {
  frames?: Record<string, string>
}

let frames: Record<string, string> = {}
const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false })
await once(server, 'listening')
const container = [process.env.BENCH_CONTAINER as string]
const events = await docker.getEvents({ filters: { container, event: ['pause', 'unpause'] } })

void follow()
process.on('SIGTERM', () => process.exit(0))
answer(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`, async (question: BareQuestion) => {
  if (question.frames) frames = question.frames
  return settledMemory()
})

async function follow(): Promise<void> {
  for await (const event of jsonLines(events as never)) {
    const frame = frames[(event as { Action: string }).Action]
    if (frame) for (const client of server.clients) client.send(frame)
  }
}
