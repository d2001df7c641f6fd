/**
 * The client: so many connections, each sending its next request when the last is answered. Over plain sockets, looking at
 * nothing but the length of an answer, so that the client is never what is measured.
 */
import { connect } from 'node:net'
import { answer } from '../kit/child.ts'
import { now } from '../kit/measure.ts'

/** `bodies` are sent in turn. */
export interface Load {
  port: number
  bodies: string[]
  connections: number
  seconds: number
}

answer('ready', async ({ port, bodies, connections, seconds }: Load) => {
  let done = 0
  const requests = bodies.map(request).values()
  const began = now()
  const endless = () => requests.next().value ?? request(bodies[done % bodies.length] as string)
  const one = () => talk(port, endless, () => ((done += 1), now() - began < seconds * 1000))
  await Promise.all(Array.from({ length: connections }, one))
  return (done * 1000) / (now() - began)
})
