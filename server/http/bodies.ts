import type { IncomingMessage, ServerResponse } from 'node:http'
import { TooLarge, TooMany } from '../core/errors.ts'
import { networkOf } from '../core/networks.ts'
import type { Clients } from './client.ts'

/** How much the bodies of requests may ask of THON. Times are in milliseconds, sizes in bytes. */
export interface BodyRules {
  /** How long the body of someone who has not signed in may take. */
  strangerMs: number
  /** The same for people who are in. */
  memberMs: number
  /** Largest body of someone who has not signed in: a sign-in needs a few hundred bytes. */
  largestOfStranger: number
  /** How many bodies of strangers may be under way from one address at the same time. */
  perAddress: number
}

/** The rules of a server. A whole venue is one address, but a body is under way for milliseconds. */
export const BODY_RULES: BodyRules = {
  strangerMs: 10_000,
  memberMs: 5 * 60_000,
  largestOfStranger: 64 * 1024,
  perAddress: 128,
}

const TOO_LATE = 'The request body did not arrive in time.'

/**
 * Bodies of requests to THON itself. Every sender counts as a stranger until they are known; people who are in share no
 * limit with strangers. Node's own limit on time is off, since it would also cut uploads into sandboxes.
 */
export class RequestBodies {
  readonly #clients: Clients
  readonly #rules: BodyRules
  readonly #extend = new WeakMap<IncomingMessage, () => void>()
  /** Bodies of strangers that are under way, by address. */
  readonly #underWay = new Map<string, number>()

  constructor(clients: Clients, rules: BodyRules = BODY_RULES) {
    this.#clients = clients
    this.#rules = rules
  }

  /** Ends a request whose body does not arrive in time: with 408 if nothing was answered yet, and the connection is closed. */
  begin(request: IncomingMessage, response: ServerResponse): void {
    if (!hasBody(request)) return
    const { strangerMs, memberMs } = this.#rules
    let timer = setTimeout(() => endLate(request, response), strangerMs).unref()
    this.#extend.set(request, () => {
      clearTimeout(timer)
      timer = setTimeout(() => endLate(request, response), memberMs).unref()
    })
    // The answer may be complete before the body is: the rest of the body has the same limit.
    response.once('close', () => (request.complete || request.socket.destroyed) && clearTimeout(timer))
  }

  /** The sender is somebody who is in. */
  ofMember(request: IncomingMessage): void {
    this.#extend.get(request)?.()
  }

  /** The sender is a stranger. @throws TooLarge, TooMany */
  ofStranger(request: IncomingMessage, response: ServerResponse): void {
    if (!hasBody(request)) return
    const { largestOfStranger, perAddress } = this.#rules
    if (Number(request.headers['content-length'] ?? 0) > largestOfStranger)
      throw new TooLarge('body', `Sign in first: without it, a request may have ${largestOfStranger} bytes.`)
    const key = networkOf(this.#clients.of(request).address)
    const count = this.#underWay.get(key) ?? 0
    if (count >= perAddress)
      throw new TooMany('Too many requests from your address have not arrived in full. Try again in a moment.', 2)
    this.#underWay.set(key, count + 1)
    let isOver = false
    const over = () => {
      if (isOver) return
      isOver = true
      const left = (this.#underWay.get(key) ?? 1) - 1
      if (left > 0) this.#underWay.set(key, left)
      else this.#underWay.delete(key)
    }
    request.once('end', over).once('close', over)
    response.once('close', over)
  }
}

/** Whether a request announces a body. */
export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) !== 0
}

function endLate(request: IncomingMessage, response: ServerResponse): void {
  if (request.complete) return
  if (response.headersSent) {
    request.destroy()
    return
  }
  response
    .writeHead(408, { 'Content-Type': 'text/plain', 'Content-Length': TOO_LATE.length, Connection: 'close' })
    .end(TOO_LATE, () => request.destroy())
}
