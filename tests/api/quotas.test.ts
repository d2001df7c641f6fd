import { createClient, type Client, type FormattedExecutionResult } from 'graphql-ws'
import { describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { organizer } from '../../server/core/viewer.ts'
import { signedIn, startWith } from '../kit/access.ts'
import type { TestApp } from '../kit/app.ts'
import { addUser } from '../kit/groups.ts'
import { enter, personalLink } from '../kit/links.ts'
import { SIGN_INS, startSandbox } from '../kit/outliving.ts'
import { Visitor } from '../kit/visitor.ts'

const EMAIL = 'ann@example.org'

/** Opens a socket. @returns it, or the status and text of the refusal */
function open(app: TestApp, cookie: string): Promise<WebSocket | { status: number; text: string }> {
  const socket = new WebSocket(`${app.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', {
    headers: { cookie },
  })
  onTestFinished(() => socket.terminate())
  return new Promise((resolve, reject) => {
    socket.once('error', reject).once('open', () => resolve(socket))
    socket.once('unexpected-response', (_request, response) => {
      let text = ''
      response.on('data', (bytes: Buffer) => (text += String(bytes)))
      response.on('end', () => resolve({ status: response.statusCode as number, text }))
    })
  })
}

function clientWith(app: TestApp, cookie: string): Client {
  class WithCookie extends WebSocket {
    constructor(url: string, protocol: string) {
      super(url, protocol, { headers: { cookie } })
    }
  }
  const client = createClient({
    url: `${app.url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WithCookie,
    lazy: false,
  })
  onTestFinished(() => client.dispose())
  return client
}

/** Subscribes. @returns what comes first: READY, or the message of the refusal; and a function that ends it */
async function subscribe(client: Client, name: number): Promise<{ first: string; end: () => unknown }> {
  const frames = client.iterate({
    query: `subscription { instanceChanged { kind } } # ${name}`,
  })
  const value = (await frames.next()).value as
    FormattedExecutionResult<{ instanceChanged: { kind: string } }> | undefined
  return { first: value?.data?.instanceChanged.kind ?? value?.errors?.[0]?.message ?? '', end: () => frames.return?.() }
}

describe('a participant', () => {
  test('has at most 20 sockets, in all browsers together, and learns which limit', async () => {
    const sandbox = await startSandbox(false)
    const { app, userId } = sandbox
    const secret = await personalLink(app, userId)
    const sockets: WebSocket[] = []
    for (let count = 0; count < 20; count++) {
      const socket = await open(app, (await enter(app, secret)).cookie)
      expect(socket).toBeInstanceOf(WebSocket)
      sockets.push(socket as WebSocket)
    }
    const { cookie } = await enter(app, secret)
    expect(await open(app, cookie)).toEqual({
      status: 429,
      text: 'You have too many open connections, at most 20. Close some, then try again.',
    })
    expect(await open(app, await signedIn(app, 'participant', 'bob@example.org')), 'another').toBeInstanceOf(WebSocket)
    expect(await open(app, await signedIn(app, 'organizer')), 'an organizer').toBeInstanceOf(WebSocket)
    sockets[0]?.terminate()
    await expect.poll(() => open(app, cookie)).toBeInstanceOf(WebSocket)
  })

  test('has at most 50 subscriptions, over all sockets', async () => {
    const app = await startWith('OAuth')
    const cookie = await signedIn(app, 'participant', EMAIL)
    const clients = [clientWith(app, cookie), clientWith(app, cookie)] as const
    const opened: Awaited<ReturnType<typeof subscribe>>[] = []
    for (let count = 0; count < 50; count++) opened.push(await subscribe(clients[count % 2 === 0 ? 0 : 1], count))
    expect(new Set(opened.map(({ first }) => first))).toEqual(new Set(['READY']))
    const refusal = 'You have too many subscriptions, at most 50. Close some, then try again.'
    expect((await subscribe(clients[0], 50)).first).toBe(refusal)
    opened[0]?.end()
    await expect.poll(async () => (await subscribe(clients[1], 51)).first).toBe('READY')
    await clients[0].dispose()
    await expect.poll(async () => (await subscribe(clients[1], 52)).first).toBe('READY')
  })

  test('has at most 20 event streams', async () => {
    const sandbox = await startSandbox(false)
    const { cookie } = await SIGN_INS['a participant’s account'](sandbox)
    const visitor = new Visitor(sandbox.app.url)
    visitor.keep('localhost', cookie)
    const state = () => visitor.stream('localhost', '/open/.thon/state?sandbox=alpha-ann')
    const streams = await Promise.all(Array.from({ length: 20 }, state))
    onTestFinished(() => streams.forEach((stream) => stream.end()))
    expect(new Set(streams.map(({ status }) => status))).toEqual(new Set([200]))
    const refused = await state()
    expect([refused.status, refused.last()]).toEqual([
      429,
      'You have too many pages that wait for a sandbox, at most 20. Close some, then try again.\n',
    ])
    streams[0]?.end()
    await expect.poll(async () => (await state()).status).toBe(200)
  })

  test('sends at most 20 commands a minute, refused ones included; organizers send more', async () => {
    const { app, instanceId } = await startSandbox(false)
    const cookie = await signedIn(app, 'participant', EMAIL)
    const resume = `mutation { resumeInstance(input: { id: "${instanceId}" }) { id } }`
    const code = async (headers: Record<string, string>) =>
      (await app.answer(resume, {}, headers)).errors?.[0]?.extensions?.code
    for (let count = 0; count < 19; count++) expect(await code({ cookie })).toBe('CONFLICT')
    const pause = () => fetch(`${app.url}/api/instances/${instanceId}/pause`, { method: 'POST', headers: { cookie } })
    expect((await pause()).status).toBe(200)
    const rest = await pause()
    expect(rest.status).toBe(429)
    expect(Number(rest.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(((await rest.json()) as { detail: string }).detail).toMatch(
      /^At most 20 commands a minute\. Try again in \d+ s\.$/,
    )
    expect(await code({ cookie })).toBe('TOO_MANY')
    const reply = await new Promise<unknown>((resolve) =>
      clientWith(app, cookie).subscribe(
        { query: resume },
        { next: resolve, error: resolve, complete: () => undefined },
      ),
    )
    expect(JSON.stringify(reply)).toContain('TOO_MANY')
    expect((await app.answer('{ instances { total } }', {}, { cookie })).data, 'reads').toEqual({
      instances: { total: 1 },
    })
    const boss = await signedIn(app, 'organizer')
    for (let count = 0; count < 25; count++) expect(await code({ cookie: boss })).not.toBe('TOO_MANY')
  })
})

test('without a login, one address has many sockets, and no command is counted', async () => {
  const app = await startWith('no login')
  for (let count = 0; count < 25; count++) expect(await open(app, '')).toBeInstanceOf(WebSocket)
  const { id } = await app.services.groups.create(organizer, { name: 'alpha' })
  for (let count = 0; count < 25; count++) await addUser(app, id, `user-${count}`)
})
