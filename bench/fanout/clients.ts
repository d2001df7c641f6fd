/**
 * The subscribers of both sides, as raw sockets in one process of their own, so that reading frames costs both the same.
 * Answers questions, with times of the clock `now()`.
 */
import { WebSocket } from 'ws'
import { answer } from '../kit/child.ts'
import { now } from '../kit/measure.ts'

export type Side = 'ours' | 'bare'

/** `connect` opens `count` sockets, `expect` arms, `wait` answers once each socket of the side has had a frame with the text. */
export type ClientsQuestion =
  | { type: 'connect'; side: Side; url: string; count: number; query?: string }
  | { type: 'expect'; side: Side; text: string }
  | { type: 'wait'; side: Side }
  | { type: 'close'; side: Side }

/** What `wait` answers: when the last socket had it, and one of the frames. */
export interface Arrival {
  at: number
  frame: string
}

interface Crowd {
  sockets: WebSocket[]
  text: string
  missing: number
  arrived: PromiseWithResolvers<Arrival>
}

const crowds: Record<Side, Crowd> = { ours: newCrowd(), bare: newCrowd() }

answer('ready', async (question: ClientsQuestion) => {
  const crowd = crowds[question.side]
  switch (question.type) {
    case 'connect':
      // A few at a time: the line of a listening socket is short.
      for (let left = question.count; left > 0; left -= 50)
        await Promise.all(Array.from({ length: Math.min(left, 50) }, () => join(crowd, question.url, question.query)))
      return crowd.sockets.length
    case 'expect':
      Object.assign(crowd, { text: question.text, missing: crowd.sockets.length, arrived: Promise.withResolvers() })
      return null
    case 'wait':
      return crowd.arrived.promise
    case 'close':
      await Promise.all(crowd.sockets.map(leave))
      crowds[question.side] = newCrowd()
      return null
  }
})

function newCrowd(): Crowd {
  return { sockets: [], text: '', missing: 0, arrived: Promise.withResolvers() }
}

/** Resolves once it is subscribed; the bare server needs no subscription. */
function join(crowd: Crowd, url: string, query: string | undefined): Promise<void> {
  const socket = new WebSocket(url, query ? ['graphql-transport-ws'] : [], { perMessageDeflate: false })
  crowd.sockets.push(socket)
  socket.on('message', (data: Buffer) => {
    if (crowd.missing === 0 || !data.includes(crowd.text)) return
    if (--crowd.missing === 0) crowd.arrived.resolve({ at: now(), frame: String(data) })
  })
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.once('open', () => {
      if (!query) {
        resolve()
        return
      }
      socket.send('{"type":"connection_init"}')
      socket.once('message', () => {
        socket.send(
          JSON.stringify({ id: 'f5a3b1c0-7d1e-4f3a-9b0e-1c2d3e4f5a6b', type: 'subscribe', payload: { query } }),
        )
        socket.once('message', () => resolve())
      })
    })
  })
}

function leave(socket: WebSocket): Promise<void> {
  return new Promise((resolve) => {
    socket.once('close', () => resolve())
    socket.close()
  })
}
