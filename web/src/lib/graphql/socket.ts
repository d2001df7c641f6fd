import { createClient, type Client, type FormattedExecutionResult, type SubscribePayload } from 'graphql-ws'
import { connection } from './connection.svelte.ts'
import type { Role } from './generated/graphql.ts'

const PING_EVERY = 10_000
const PONG_WITHIN = 4_000
/** The codes the server closes with after a sign-out, and after a change of rights. */
const SIGNED_OUT = 4401
const RIGHTS_CHANGED = 4205
/** How long frames gather before the cache gets them together: a burst then renders lists once, not once a frame. */
const GATHER = 16

/** The tab's one WebSocket: opened at once, and reopened for as long as the tab lives, or until the session ends. */
export function openSocket(): Client {
  let socket: WebSocket | undefined
  let pongDue: ReturnType<typeof setTimeout> | undefined
  let skipWait: (() => void) | undefined

  const expectPong = (within: number) => {
    clearTimeout(pongDue)
    // terminate() does not wait for a closing handshake, which a dead link would never answer.
    pongDue = setTimeout(() => client.terminate(), within)
  }

  const client = createClient({
    url: () => `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/graphql`,
    lazy: false,
    // Errors that end the connection for good end its subscriptions too, and those start again (see subscribeForEver()).
    onNonLazyError: () => undefined,
    keepAlive: PING_EVERY,
    connectionAckWaitTimeout: 5_000,
    retryAttempts: Number.POSITIVE_INFINITY,
    shouldRetry: () => connection.status !== 'ended',
    retryWait: async (retries) => {
      if (retries === 0) return
      void noticeSignOut()
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, backoff(retries))
        skipWait = () => {
          clearTimeout(timer)
          resolve()
        }
      })
      skipWait = undefined
    },
    on: {
      opened: (opened) => (socket = opened as WebSocket),
      connected: () => connection.connected(),
      message: () => connection.heard(),
      ping: (received) => {
        if (!received) expectPong(PONG_WITHIN)
      },
      pong: (received) => {
        if (received) clearTimeout(pongDue)
      },
      closed: (event) => {
        clearTimeout(pongDue)
        socket = undefined
        const { code } = event as CloseEvent
        if (code === SIGNED_OUT) connection.end()
        // The server knows which pages the new role has.
        else if (code === RIGHTS_CHANGED) location.reload()
        else connection.lost()
      },
    },
  })

  // A laptop that wakes, or a phone that is unlocked, should not wait for a timer to notice.
  const wake = () => {
    if (document.visibilityState !== 'visible') return
    skipWait?.()
    if (socket?.readyState === WebSocket.OPEN && connection.silence > 2_000) {
      socket.send('{"type":"ping"}')
      expectPong(2_000)
    }
  }
  addEventListener('online', wake)
  addEventListener('pageshow', wake)
  document.addEventListener('visibilitychange', wake)
  return client
}

/** A browser does not say why the server refused a socket, so ask over HTTP whether the session still exists. */
async function noticeSignOut(): Promise<void> {
  const body = JSON.stringify({ query: '{ viewer { role } }' })
  const headers = { 'Content-Type': 'application/json' }
  const answer = await fetch('/graphql', { method: 'POST', headers, body })
    .then((response) => response.json() as Promise<{ data?: { viewer: { role: Role } } }>)
    .catch(() => null)
  if (answer?.data?.viewer.role === 'ANONYMOUS') connection.end()
}

/**
 * 250 ms, doubling up to a second, so that a visible tab is up to date within a second of the server's return; a hidden tab
 * waits up to five. Shortened by up to a third at random, so that many tabs do not reconnect in the same instant.
 */
function backoff(retries: number): number {
  const longest = document.visibilityState === 'visible' ? 1_000 : 5_000
  return Math.min(250 * 2 ** (retries - 1), longest) * (1 - Math.random() / 3)
}

/** How long to wait before a subscription that the server ended is started again. */
const START_AGAIN = 2_000

/**
 * Subscribes, and does so again whenever the server ends the subscription, as it does when a reader cannot keep up; not
 * after a sign-out.
 * @returns the function that unsubscribes
 */
export function subscribeForEver(
  client: Client,
  payload: SubscribePayload,
  onFrame: (frame: FormattedExecutionResult) => void,
): () => void {
  let stopped = false
  let end = () => undefined as void
  const begin = () => {
    if (!stopped && connection.status !== 'ended')
      end = client.subscribe(payload, { next: deliver, error: again, complete: again })
  }
  const again = () => void setTimeout(begin, START_AGAIN)
  const deliver = (frame: FormattedExecutionResult) => gather(() => stopped || onFrame(frame))
  begin()
  return () => {
    stopped = true
    end()
  }
}

let gathered: (() => void)[] = []

function gather(deliver: () => void): void {
  if (gathered.push(deliver) === 1) setTimeout(deliverAll, GATHER)
}

function deliverAll(): void {
  const burst = gathered
  gathered = []
  for (const deliver of burst) deliver()
}
