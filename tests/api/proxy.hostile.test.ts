import { connect } from 'node:net'
import { describe, expect, test } from 'vitest'
import { WebSocketServer, type WebSocket } from 'ws'
import { system } from '../../server/core/viewer.ts'
import { startApp, type TestApp } from '../kit/app.ts'
import { SETUPS, signedIn } from '../kit/access.ts'
import { addGroup } from '../kit/groups.ts'
import { running } from '../kit/instances.ts'
import { Visitor } from '../kit/visitor.ts'

const [ANN, BOB] = ['alpha-ann.localhost', 'alpha-bob.localhost']
const EMAILS = { ann: 'ann@example.org', bob: 'bob@example.org' }

const plain: TestApp['engine']['pages'] = (request, response) => response.end(`page ${request.url}`)

/** A server with a login and the sandboxes of ann and bob; and visitors with sessions of the organizer, ann and bob. */
async function openHall(proxyProcess: boolean, pages: TestApp['engine']['pages'] = plain) {
  const app = await startApp({ ...SETUPS['a local password'] }, { proxyProcess })
  app.engine.pages = pages
  const admin = await signedIn(app, 'organizer')
  const post = { 'content-type': 'application/json', cookie: admin }
  const { services } = app
  await addGroup({ ...app, execute: executeAs(app, post) } as unknown as TestApp, 'alpha', ['ann', 'bob'])
  for (const [name, email] of Object.entries(EMAILS))
    await app.db.user.updateMany({ where: { username: name }, data: { email } })
  const [group] = await app.db.group.findMany()
  services.events.publish('group', { kind: 'UPDATED', id: group!.id, row: group! })
  for (const name of ['ann', 'bob'])
    await running({ execute: executeAs(app, post), until: untilAs(app, post) } as unknown as TestApp, name)
  const as = (cookie: string) => {
    const visitor = new Visitor(app.url)
    visitor.keep('localhost', cookie)
    return visitor
  }
  return {
    app,
    nobody: new Visitor(app.url),
    organizer: as(admin),
    ann: as(await signedIn(app, 'participant', EMAILS.ann)),
    bob: as(await signedIn(app, 'participant', EMAILS.bob)),
  }
}

function executeAs(app: TestApp, headers: Record<string, string>) {
  return async (query: string, variables = {}) => {
    const answer = await app.answer(query, variables, headers)
    if (!answer.data) throw new Error(JSON.stringify(answer))
    return answer.data
  }
}

function untilAs(app: TestApp, headers: Record<string, string>) {
  return async (query: string, variables: object, satisfies: (data: never) => boolean) => {
    for (;;) {
      const data = (await executeAs(app, headers)(query, variables)) as never
      if (satisfies(data)) return data
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
}

/** The ticket that somebody is given for a sandbox. */
async function ticketFor(visitor: Visitor, label: string): Promise<string> {
  const { headers } = await visitor.ask('localhost', `/open?sandbox=${label}`)
  return new URL(headers.location as string).searchParams.get('ticket') as string
}

describe.each([
  ['in the server', false],
  ['in a process of its own', true],
])('with the proxy %s', (_where, proxyProcess) => {
  const hall = (pages?: TestApp['engine']['pages']) => openHall(proxyProcess, pages)
  test('without a session people are led to the login, and programs and WebSockets are refused', async () => {
    const { nobody } = await hall()
    const { way, status } = await nobody.open(nobody.origin(ANN))
    expect(way.at(-1)).toBe(`${nobody.origin('localhost')}/login?to=%2Fopen%3Fsandbox%3Dalpha-ann%26to%3D%252F`)
    expect(status).toBe(404)
    expect((await nobody.ask(ANN, '/')).status).toBe(401)
    expect((await nobody.ask(ANN, '/.thon/state')).status).toBe(401)
    expect(await upgradeStatus(nobody)).toBe(401)
  })

  test('participants open their own sandbox, organizers each', async () => {
    const { ann, organizer } = await hall()
    expect((await ann.open(ann.origin(ANN))).body).toBe('page /')
    expect((await organizer.open(organizer.origin(ANN))).body).toBe('page /')
    expect((await organizer.open(organizer.origin(BOB))).body).toBe('page /')
  })

  test('somebody else is given no ticket, and is not told whether there is such a sandbox', async () => {
    const { bob } = await hall()
    const [others, none] = [await bob.open(bob.origin(ANN)), await bob.open(bob.origin('alpha-zoe.localhost'))]
    expect([others.status, none.status]).toEqual([404, 404])
    expect(others.body.replace(/nonce-?="?[^"]+"/g, '')).toBe(none.body.replace(/nonce-?="?[^"]+"/g, ''))
    expect(bob.cookies.get(ANN)).toBeUndefined()
  })

  test('a ticket is good once, at its own sandbox, and spoilt at another', async () => {
    const { ann, nobody } = await hall()
    const used = await ticketFor(ann, 'alpha-ann')
    await ann.ask(ANN, `/.thon/enter?ticket=${used}`)
    const wrong = await ticketFor(ann, 'alpha-ann')
    await nobody.ask(BOB, `/.thon/enter?ticket=${wrong}`)
    for (const ticket of [used, wrong, '', 'made-up', 'x'.repeat(2_000)])
      expect((await nobody.ask(ANN, `/.thon/enter?ticket=${ticket}`)).headers, ticket).not.toHaveProperty('set-cookie')
  })

  test('a pass is good at its own sandbox alone, and not when it was changed', async () => {
    const { ann, nobody } = await hall()
    await ann.open(ann.origin(ANN))
    const pass = ann.cookies.get(ANN)!.get('thon-pass') as string
    const [payload, mac] = pass.split('.')
    const forged = Buffer.from(JSON.stringify(['alpha-bob', 'open'])).toString('base64url')
    for (const value of [pass, `${forged}.${mac}`, `${payload}.`, payload, 'a.b.c', `${payload}.${'x'.repeat(43)}`])
      expect((await nobody.ask(BOB, '/', { headers: { cookie: `thon-pass=${value}` } })).status, value).toBe(401)
    const tossed = `thon-pass=junk; thon-pass=${pass}; thon-pass=${payload}.x`
    expect((await nobody.ask(ANN, '/', { headers: { cookie: tossed } })).status, 'among tossed ones').toBe(200)
  })

  test('whoever is signed out, put out or loses the sandbox is out of it, with every WebSocket', async () => {
    const { app, ann, organizer } = await hall()
    const server = new WebSocketServer({ noServer: true })
    app.engine.sockets = (request, socket, head) => server.handleUpgrade(request, socket, head, () => undefined)
    for (const id of await activeIds(app)) await restarted(app, id)
    const ways: [string, (identityId: string) => Promise<unknown>, number][] = [
      ['loses it', () => app.services.users.updateUser(system, userId, { email: 'else@example.org' }), 403],
      ['gets it back', () => app.services.users.updateUser(system, userId, { email: EMAILS.ann }), 200],
      ['is put out', (id) => app.services.identities.update(system, { id, role: 'waiting' }), 403],
      ['is let in', (id) => app.services.identities.update(system, { id, role: 'participant' }), 200],
      ['is signed out', () => ann.ask('localhost', '/api/auth/logout', { method: 'POST' }), 401],
    ]
    const { id: userId } = (await app.db.user.findFirst({ where: { username: 'ann' } }))!
    const { id: identityId } = (await app.db.identity.findFirst({ where: { email: EMAILS.ann } }))!
    await ann.open(ann.origin(ANN))
    await organizer.open(organizer.origin(ANN))
    const stays = await openedSocket(organizer)
    for (const [what, act, status] of ways) {
      const socket = status === 200 ? null : await openedSocket(ann)
      await act(identityId)
      await expect.poll(async () => (await ann.ask(ANN, '/')).status, { message: what }).toBe(status)
      if (socket) await expect.poll(() => socket.readyState, { message: what, timeout: 5_000 }).toBe(socket.CLOSED)
    }
    expect(stays.readyState, 'everybody else stays').toBe(stays.OPEN)
    stays.terminate()
  })

  test('pages of another origin neither act on a sandbox, nor read it, nor show it in a frame', async () => {
    const { ann } = await hall()
    await ann.open(ann.origin(ANN))
    const bobs = ann.origin(BOB)
    const site = { 'sec-fetch-site': 'same-site' }
    const tries: Record<string, string>[] = [
      { ...site, 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'script' },
      { ...site, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' },
      { ...site, 'sec-fetch-mode': 'cors', origin: bobs },
    ]
    for (const headers of tries)
      expect((await ann.ask(ANN, '/', { headers })).status, JSON.stringify(headers)).toBe(403)
    expect((await ann.ask(ANN, '/', { method: 'POST', headers: { origin: bobs } })).status).toBe(403)
    expect((await ann.ask(ANN, '/', { method: 'POST', headers: { origin: 'null' } })).status).toBe(403)
    expect((await ann.ask(ANN, '/.thon/start', { method: 'POST', headers: { origin: bobs } })).status).toBe(403)
    expect(await upgradeStatus(ann, { origin: bobs })).toBe(403)
    const link = { ...site, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }
    expect((await ann.ask(ANN, '/', { headers: link })).status, 'a link may lead there').toBe(200)
  })

  test('at a sandbox’s address there is nothing of THON', async () => {
    const { app, organizer } = await hall()
    await organizer.open(organizer.origin(ANN))
    organizer.keep(ANN, [...organizer.cookies.get('localhost')!].map((pair) => pair.join('=')).join())
    for (const path of ['/api/instances', '/graphql', '/healthz?x', '/docs', '/open', '/login', '/_app/version.json'])
      expect((await organizer.ask(ANN, path)).body, path).toBe(`page ${path}`)
    const query = JSON.stringify({ query: '{ instances { total } }' })
    const headers = { 'content-type': 'application/json' }
    expect((await organizer.ask(ANN, '/graphql', { method: 'POST', headers, body: query })).body).toBe('page /graphql')
    expect(await app.db.activity.count({ where: { action: 'kill' } })).toBe(0)
  })

  test('a sandbox that redirects to THON gets nothing done there', async () => {
    const { app, organizer } = await hall((_request, response) =>
      response.writeHead(307, { Location: `${app.url}/api/groups` }).end(),
    )
    await organizer.open(organizer.origin(ANN))
    const { status, headers } = await organizer.ask(ANN, '/')
    expect({ status, location: headers.location }).toEqual({ status: 307, location: `${app.url}/api/groups` })
    const made = await organizer.ask('localhost', '/api/groups', {
      method: 'POST',
      headers: { origin: organizer.origin(ANN), 'content-type': 'application/json' },
      body: '{"name":"evil"}',
    })
    expect(made.status).toBe(403)
  })

  test.for([
    ['alpha-ann.localhost.', 403],
    ['alpha-ann.localhost:0x50', 403],
    ['alpha-ann.localhost:8501@evil.example', 403],
    ['evil.example', 403],
    ['alpha-ann.localhost.evil.example', 403],
    ['alpha-ann.evil.localhost', 403],
    ['ALPHA-ann.LOCALHOST', 401],
    ['alpha-ann.localhost:1', 401],
    ['', 403],
  ] as const)('the Host "%s" is answered %i, never by a sandbox', async ([host, status]) => {
    const { nobody } = await hall()
    const answer = await nobody.raw(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
    expect(answer.split('\r\n')[0]).toMatch(new RegExp(` (${status}|400) `))
  })

  test('paths reach the sandbox as they were sent, whatever they climb over', async () => {
    const { ann } = await hall()
    await ann.open(ann.origin(ANN))
    for (const path of ['/../../etc/passwd', '/%2e%2e/%2e%2e/x', '//evil.example/', '/a/..;/b', '/%2ethon/state'])
      expect((await ann.ask(ANN, path)).body).toBe(`page ${path}`)
    const cookie = `thon-pass=${ann.cookies.get(ANN)!.get('thon-pass')}`
    const absolute = `GET http://alpha-bob.localhost/ HTTP/1.1\r\nHost: ${ANN}\r\nCookie: ${cookie}\r\nConnection: close\r\n\r\n`
    expect(await ann.raw(absolute)).toMatch(/^HTTP\/1\.1 40[34] /)
  })

  test('bodies that hide a second request are refused', async () => {
    const { ann } = await hall()
    await ann.open(ann.origin(ANN))
    const cookie = `thon-pass=${ann.cookies.get(ANN)!.get('thon-pass')}`
    const head = `POST / HTTP/1.1\r\nHost: ${ANN}\r\nCookie: ${cookie}\r\n`
    const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n'
    for (const framing of [
      `Content-Length: ${5 + smuggled.length}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
      `Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n${smuggled}`,
      `Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n${smuggled}`,
      `Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx${smuggled}`,
      `Content-Length: +1\r\n\r\nx${smuggled}`,
    ]) {
      const answer = await ann.raw(head + framing)
      expect(answer, framing).toMatch(/^HTTP\/1\.1 400 /)
      expect(answer).not.toContain('page')
    }
  })

  test('headers of ten megabytes are refused, from either side', async () => {
    const { ann } = await hall((request, response) => {
      if (request.url !== '/large') return void response.end('page')
      response.socket?.end(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(10_000_000)}\r\n\r\n`)
    })
    await ann.open(ann.origin(ANN))
    expect(await ann.raw(`GET / HTTP/1.1\r\nHost: ${ANN}\r\nX: ${'x'.repeat(10_000_000)}\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 431 |^$/,
    )
    const { status, body } = await ann.ask(ANN, '/large', { headers: { accept: 'text/html' } })
    expect(status).toBe(502)
    expect(body).toContain('cannot be read')
    expect((await ann.ask(ANN, '/')).body, 'afterwards').toBe('page')
  })

  test('a sandbox that answers for ever fills no memory, and stops with its reader', async () => {
    let written = 0
    let ended = false
    const { ann } = await hall((_request, response) => {
      const chunk = Buffer.alloc(1024 * 1024)
      const more = () => {
        while (!ended) {
          written += chunk.length
          if (!response.write(chunk)) return
        }
      }
      response.on('drain', more).on('close', () => (ended = true))
      more()
    })
    const cookie = await passOf(ann)
    const socket = connect(Number(new URL(ann.origin(ANN)).port), '127.0.0.1')
    socket.write(`GET / HTTP/1.1\r\nHost: ${ANN}\r\nCookie: ${cookie}\r\n\r\n`)
    await new Promise((resolve) => socket.once('data', resolve))
    socket.pause()
    await new Promise((resolve) => setTimeout(resolve, 500))
    const then = written
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect(written, 'it waits for its reader').toBe(then)
    expect(written).toBeLessThan(100 * 1024 * 1024)
    socket.destroy()
    await expect.poll(() => ended).toBe(true)
  })
})

/** A pass for ann's sandbox, without asking the sandbox for anything. */
async function passOf(visitor: Visitor): Promise<string> {
  await visitor.ask(ANN, `/.thon/enter?ticket=${await ticketFor(visitor, 'alpha-ann')}`)
  return `thon-pass=${visitor.cookies.get(ANN)!.get('thon-pass')}`
}

/** What an attempt at a WebSocket is answered with. */
function upgradeStatus(visitor: Visitor, headers = {}): Promise<number> {
  const socket = visitor.socket(ANN, '/', headers)
  return new Promise((resolve) => {
    socket.on('unexpected-response', (_request, answer) => {
      answer.resume()
      resolve(answer.statusCode as number)
    })
    socket.on('open', () => resolve(101))
    socket.on('error', () => undefined)
  })
}

/** A WebSocket to ann's sandbox, once it is open. */
async function openedSocket(visitor: Visitor): Promise<WebSocket> {
  const socket = visitor.socket(ANN, '/')
  socket.on('error', () => undefined)
  await new Promise((resolve, reject) => socket.once('open', resolve).once('close', reject))
  return socket
}

async function activeIds(app: TestApp): Promise<string[]> {
  return (await app.db.instance.findMany({ where: { activeKey: { not: null } } })).map(({ id }) => id)
}

/** Its sandbox does from now on what the engine was told meanwhile. */
async function restarted(app: TestApp, id: string): Promise<void> {
  await app.services.instances.restart(system, id)
  await app.services.instances.settled(id, 10)
}
