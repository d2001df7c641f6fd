import { createClient } from 'graphql-ws'
import { expect, onTestFinished } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { organizer } from '../../server/core/viewer.ts'
import { SETUPS, signedIn } from './access.ts'
import { startApp, type TestApp } from './app.ts'
import { enter, personalLink } from './links.ts'
import { Visitor } from './visitor.ts'

const HOST = 'alpha-ann.localhost'
const EMAIL = 'ann@example.org'

/** What lasts longer than the request that opened it. */
export type Outliving =
  | 'socket'
  | 'subscription'
  | 'event stream'
  | 'event stream of the sandbox'
  | 'download'
  | 'WebSocket of the sandbox'
  | 'cached answer'

/** One thing that is open. */
export interface Opened {
  what: Outliving
  /** Whether it has ended, or answers differently now. */
  isOver: () => boolean | Promise<boolean>
}

/** Ann's sandbox, which answers with endless downloads and echoing WebSockets. @param proxyProcess as in `startApp` */
export async function startSandbox(proxyProcess: boolean) {
  const app = await startApp(SETUPS['a local password'], { proxyProcess })
  const server = new WebSocketServer({ noServer: true })
  app.engine.pages = (request, response) => {
    if (request.url !== '/big') {
      response.end('page')
      return
    }
    const timer = setInterval(() => response.write('more\n'), 20)
    response.on('close', () => clearInterval(timer))
  }
  app.engine.sockets = (request, socket, head) => server.handleUpgrade(request, socket, head, () => undefined)
  const { groups, users, instances } = app.services
  const { id: groupId } = await groups.create(organizer, { name: 'alpha' })
  const { id: userId } = await users.createUser(organizer, groupId, { username: 'ann', email: EMAIL })
  const instance = await instances.create(organizer, { group: 'alpha', username: 'ann' })
  await instances.settled(instance.id, 10)
  return { app, groupId, userId, instanceId: instance.id }
}

export type Sandbox = Awaited<ReturnType<typeof startSandbox>>

/** How each kind of principal gets in. @returns the headers that it sends */
export const SIGN_INS = {
  'a password session': async ({ app }: Sandbox) => {
    const response = await fetch(`${app.url}/api/auth/login/local`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"password":"open sesame"}',
    })
    return { cookie: response.headers.getSetCookie()[0]?.split(';', 1)[0] as string }
  },
  'an organizer’s account': async ({ app }: Sandbox) => ({ cookie: await signedIn(app, 'organizer') }),
  'a participant’s account': async ({ app }: Sandbox) => ({ cookie: await signedIn(app, 'participant', EMAIL) }),
  'a link session': async ({ app, userId }: Sandbox) => ({
    cookie: (await enter(app, await personalLink(app, userId))).cookie,
  }),
  'an API token': async ({ app }: Sandbox) => {
    const { token } = await app.services.tokens.create(organizer, { name: 'script' })
    return { authorization: `Bearer ${token}` }
  },
} as const satisfies Record<string, (sandbox: Sandbox) => Promise<Record<string, string>>>

/** Opens everything that these headers may, and sees to it that it works. */
export async function openAll({ app, instanceId }: Sandbox, headers: Record<string, string>): Promise<Opened[]> {
  const visitor = new Visitor(app.url)
  const { cookie } = headers
  if (cookie !== undefined) visitor.keep('localhost', cookie)
  const state = await visitor.stream('localhost', '/open/.thon/state?sandbox=alpha-ann', headers)
  expect(state.status).toBe(200)
  return [
    ...(await openSocket(app, headers, instanceId)),
    { what: 'event stream', isOver: state.isOver },
    await askCached(app, headers),
    // Tokens open no sandbox.
    ...(cookie === undefined ? [] : await openSandbox(visitor)),
  ]
}

async function openSandbox(visitor: Visitor): Promise<Opened[]> {
  expect((await visitor.open(visitor.origin(HOST))).body).toBe('page')
  const download = await visitor.stream(HOST, '/big')
  expect([download.status, download.last()]).toEqual([200, 'more\n'])
  const state = await visitor.stream(HOST, '/.thon/state')
  expect(state.status).toBe(200)
  const socket = visitor.socket(HOST, '/')
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
  onTestFinished(() => socket.terminate())
  return [
    { what: 'event stream of the sandbox', isOver: state.isOver },
    { what: 'download', isOver: download.isOver },
    { what: 'WebSocket of the sandbox', isOver: () => socket.readyState === WebSocket.CLOSED },
  ]
}

async function openSocket(app: TestApp, headers: Record<string, string>, instanceId: string): Promise<Opened[]> {
  class WithHeaders extends WebSocket {
    constructor(url: string, protocol: string) {
      super(url, protocol, { headers })
    }
  }
  let code = 0
  const client = createClient({
    ...{ url: `${app.url.replace('http', 'ws')}/graphql`, webSocketImpl: WithHeaders, lazy: false, retryAttempts: 0 },
    onNonLazyError: () => undefined,
    on: { closed: (event) => (code = (event as CloseEvent).code) },
  })
  onTestFinished(() => client.dispose())
  const frames = client.iterate({ query: 'subscription { instanceChanged { kind id } }' })
  expect((await frames.next()).value).toMatchObject({ data: { instanceChanged: { kind: 'READY' } } })
  let [isEnded, count] = [false, 0]
  const readAll = async () => {
    while (!(await frames.next()).done) count++
  }
  void readAll()
    .catch(() => undefined)
    .then(() => (isEnded = true))
  const row = await app.db.instance.findUniqueOrThrow({ where: { id: instanceId } })
  return [
    { what: 'socket', isOver: () => code === 4401 || code === 4205 },
    {
      what: 'subscription',
      isOver: () => {
        if (!isEnded) return false
        const before = count
        app.services.events.publish('instance', { kind: 'UPDATED', id: instanceId, row })
        return count === before
      },
    },
  ]
}

async function askCached(app: TestApp, headers: Record<string, string>): Promise<Opened> {
  const query = '{ viewer { role email } instances { total } }'
  const ask = async () => JSON.stringify(await app.answer(query, {}, headers))
  const [first, second] = [await ask(), await ask()]
  expect(second).toBe(first)
  return { what: 'cached answer', isOver: async () => (await ask()) !== first }
}
