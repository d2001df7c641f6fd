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

/** A server with a login and the sandboxes of ann and bob; browsers of the organizer, ann and bob, signed in. */
async function startFixtures(proxyProcess: boolean, pages: TestApp['engine']['pages'] = plain) {
  const app = await startApp(SETUPS['a local password'], { proxyProcess })
  app.engine.pages = pages
  const admin = await signedIn(app, 'organizer')
  const post = { 'content-type': 'application/json', cookie: admin }
  const { services } = app
  await addGroup({ execute: executeAs(app, post) } as unknown as TestApp, 'alpha', ['ann', 'bob'])
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
    stranger: new Visitor(app.url),
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

/** A one-time code for a sandbox. */
async function codeFor(visitor: Visitor, label: string): Promise<string> {
  return (await visitor.entryTo(label)).searchParams.get('code') as string
}

describe.each([
  ['in the server', false],
  ['in a process of its own', true],
])('with the proxy %s', (_where, proxyProcess) => {
  const fixtures = (pages?: TestApp['engine']['pages']) => startFixtures(proxyProcess, pages)

  test('without a session, people go to the login; programs and WebSockets are refused', async () => {
    const { stranger } = await fixtures()
    const { way, status } = await stranger.open(stranger.origin(ANN))
    expect(way.at(-1)?.replace(/%26browser%3D[\w-]{43}$/, '')).toBe(
      `${stranger.origin('localhost')}/login?to=%2Fopen%3Fsandbox%3Dalpha-ann%26to%3D%252F`,
    )
    expect(status).toBe(404)
    expect((await stranger.request(ANN, '/')).status).toBe(401)
    expect((await stranger.request(ANN, '/.thon/state')).status).toBe(401)
    expect(await upgradeStatus(stranger)).toBe(401)
  })

  test('participants open their own sandbox, organizers open any', async () => {
    const { ann, organizer } = await fixtures()
    expect((await ann.open(ann.origin(ANN))).body).toBe('page /')
    expect((await organizer.open(organizer.origin(ANN))).body).toBe('page /')
    expect((await organizer.open(organizer.origin(BOB))).body).toBe('page /')
  })

  test('another participant cannot open a sandbox or learn whether it exists', async () => {
    const { bob } = await fixtures()
    const [others, none] = [await bob.open(bob.origin(ANN)), await bob.open(bob.origin('alpha-zoe.localhost'))]
    expect([others.status, none.status]).toEqual([404, 404])
    expect(others.body.replace(/nonce-?="?[^"]+"/g, '')).toBe(none.body.replace(/nonce-?="?[^"]+"/g, ''))
    expect(others.body).toContain('<a class="button" href="/my">Open my page</a>')
    expect(bob.cookies.get(ANN)?.get('thon-pass')).toBeUndefined()
  })

  test('a one-time code is valid once, for its sandbox, and useless after a wrong try', async () => {
    const { ann, stranger } = await fixtures()
    const used = await codeFor(ann, 'alpha-ann')
    await ann.request(ANN, `/.thon/enter?code=${used}`)
    const wrong = await codeFor(ann, 'alpha-ann')
    await stranger.request(BOB, `/.thon/enter?code=${wrong}`)
    for (const code of [used, wrong, '', 'made-up', 'x'.repeat(2_000)])
      expect((await stranger.request(ANN, `/.thon/enter?code=${code}`)).headers, code).not.toHaveProperty('set-cookie')
  })

  test('a sandbox cookie is valid for its own sandbox only, and only unchanged', async () => {
    const { ann, stranger } = await fixtures()
    await ann.open(ann.origin(ANN))
    const value = ann.cookies.get(ANN)!.get('thon-pass') as string
    const [payload, mac] = value.split('.')
    const forged = Buffer.from(JSON.stringify(['alpha-bob', 'open'])).toString('base64url')
    for (const forgery of [value, `${forged}.${mac}`, `${payload}.`, payload, 'a.b.c', `${payload}.${'x'.repeat(43)}`])
      expect((await stranger.request(BOB, '/', { headers: { cookie: `thon-pass=${forgery}` } })).status, forgery).toBe(
        401,
      )
    const tossed = `thon-pass=junk; thon-pass=${value}; thon-pass=${payload}.x`
    expect(
      (await stranger.request(ANN, '/', { headers: { cookie: tossed } })).status,
      'among cookies of other hosts',
    ).toBe(200)
  })

  test('signing out, suspending or losing the sandbox closes access and WebSockets', async () => {
    const { app, ann, organizer } = await fixtures()
    const server = new WebSocketServer({ noServer: true })
    app.engine.sockets = (request, socket, head) => server.handleUpgrade(request, socket, head, () => undefined)
    for (const id of await activeIds(app)) await restart(app, id)
    const changes: [string, (identityId: string) => Promise<unknown>, number][] = [
      ['loses it', () => app.services.users.updateUser(system, userId, { email: 'else@example.org' }), 403],
      ['gets it back', () => app.services.users.updateUser(system, userId, { email: EMAILS.ann }), 200],
      ['is suspended', (id) => app.services.identities.update(system, { id, role: 'waiting' }), 403],
      ['is approved', (id) => app.services.identities.update(system, { id, role: 'participant' }), 200],
      ['is signed out', () => ann.request('localhost', '/api/auth/logout', { method: 'POST' }), 401],
    ]
    const { id: userId } = (await app.db.user.findFirst({ where: { username: 'ann' } }))!
    const { id: identityId } = (await app.db.identity.findFirst({ where: { email: EMAILS.ann } }))!
    await ann.open(ann.origin(ANN))
    await organizer.open(organizer.origin(ANN))
    const stays = await openSocket(organizer)
    for (const [what, act, status] of changes) {
      const socket = status === 200 ? null : await openSocket(ann)
      await act(identityId)
      await expect.poll(async () => (await ann.request(ANN, '/')).status, { message: what }).toBe(status)
      if (socket) await expect.poll(() => socket.readyState, { message: what, timeout: 5_000 }).toBe(socket.CLOSED)
    }
    expect(stays.readyState, 'others stay connected').toBe(stays.OPEN)
    stays.terminate()
  })

  test('pages of another origin cannot act on, read or frame a sandbox', async () => {
    const { ann } = await fixtures()
    await ann.open(ann.origin(ANN))
    const bobs = ann.origin(BOB)
    const site = { 'sec-fetch-site': 'same-site' }
    const tries: Record<string, string>[] = [
      { ...site, 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'script' },
      { ...site, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' },
      { ...site, 'sec-fetch-mode': 'cors', origin: bobs },
    ]
    for (const headers of tries)
      expect((await ann.request(ANN, '/', { headers })).status, JSON.stringify(headers)).toBe(403)
    expect((await ann.request(ANN, '/', { method: 'POST', headers: { origin: bobs } })).status).toBe(403)
    expect((await ann.request(ANN, '/', { method: 'POST', headers: { origin: 'null' } })).status).toBe(403)
    expect((await ann.request(ANN, '/.thon/start', { method: 'POST', headers: { origin: bobs } })).status).toBe(403)
    expect(await upgradeStatus(ann, { origin: bobs })).toBe(403)
    const link = { ...site, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }
    expect((await ann.request(ANN, '/', { headers: link })).status, 'a link is allowed').toBe(200)
  })

  test('THON itself is not served at a sandbox’s address', async () => {
    const { app, organizer } = await fixtures()
    await organizer.open(organizer.origin(ANN))
    organizer.keep(ANN, [...organizer.cookies.get('localhost')!].map((pair) => pair.join('=')).join())
    for (const path of ['/api/instances', '/graphql', '/healthz?x', '/docs', '/open', '/login', '/_app/version.json'])
      expect((await organizer.request(ANN, path)).body, path).toBe(`page ${path}`)
    const query = JSON.stringify({ query: '{ instances { total } }' })
    const headers = { 'content-type': 'application/json' }
    expect((await organizer.request(ANN, '/graphql', { method: 'POST', headers, body: query })).body).toBe(
      'page /graphql',
    )
    expect(await app.db.activity.count({ where: { action: 'kill' } })).toBe(0)
  })

  test('a redirect from a sandbox to THON has no effect there', async () => {
    const { app, organizer } = await fixtures((_request, response) =>
      response.writeHead(307, { Location: `${app.url}/api/groups` }).end(),
    )
    await organizer.open(organizer.origin(ANN))
    const { status, headers } = await organizer.request(ANN, '/')
    expect({ status, location: headers.location }).toEqual({ status: 307, location: `${app.url}/api/groups` })
    const created = await organizer.request('localhost', '/api/groups', {
      method: 'POST',
      headers: { origin: organizer.origin(ANN), 'content-type': 'application/json' },
      body: '{"name":"evil"}',
    })
    expect(created.status).toBe(403)
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
  ] as const)('the Host "%s" gets status %i, never a sandbox', async ([host, status]) => {
    const { stranger } = await fixtures()
    const answer = await stranger.raw(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
    expect(answer.split('\r\n')[0]).toMatch(new RegExp(` (${status}|400) `))
  })

  test('paths reach the sandbox unchanged, even if they climb up', async () => {
    const { ann } = await fixtures()
    await ann.open(ann.origin(ANN))
    for (const path of ['/../../etc/passwd', '/%2e%2e/%2e%2e/x', '//evil.example/', '/a/..;/b', '/%2ethon/state'])
      expect((await ann.request(ANN, path)).body).toBe(`page ${path}`)
    const cookie = `thon-pass=${ann.cookies.get(ANN)!.get('thon-pass')}`
    const absolute = `GET http://alpha-bob.localhost/ HTTP/1.1\r\nHost: ${ANN}\r\nCookie: ${cookie}\r\nConnection: close\r\n\r\n`
    expect(await ann.raw(absolute)).toMatch(/^HTTP\/1\.1 400 /)
  })

  test('bodies that hide a second request are refused', async () => {
    const { ann } = await fixtures()
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

  test('headers of ten megabytes are refused in both directions', async () => {
    const { ann } = await fixtures((request, response) => {
      if (request.url !== '/large') return void response.end('page')
      response.socket?.end(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(10_000_000)}\r\n\r\n`)
    })
    await ann.open(ann.origin(ANN))
    expect(await ann.raw(`GET / HTTP/1.1\r\nHost: ${ANN}\r\nX: ${'x'.repeat(10_000_000)}\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 431 |^$/,
    )
    const { status, body } = await ann.request(ANN, '/large', { headers: { accept: 'text/html' } })
    expect(status).toBe(502)
    expect(body).toContain('sent something the browser can&#39;t show')
    expect((await ann.request(ANN, '/')).body, 'afterwards').toBe('page')
  })

  test('an endless answer does not fill the memory, and stops with its reader', async () => {
    let written = 0
    let ended = false
    const { ann } = await fixtures((_request, response) => {
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
    const cookie = await cookieOf(ann)
    const socket = connect(Number(new URL(ann.origin(ANN)).port), '127.0.0.1')
    socket.write(`GET / HTTP/1.1\r\nHost: ${ANN}\r\nCookie: ${cookie}\r\n\r\n`)
    await new Promise((resolve) => socket.once('data', resolve))
    socket.pause()
    let before = -1
    const waits = () => {
      const same = written === before
      before = written
      return same
    }
    await expect.poll(waits, { message: 'it waits for its reader', interval: 300, timeout: 10_000 }).toBe(true)
    expect(written).toBeLessThan(100 * 1024 * 1024)
    socket.destroy()
    await expect.poll(() => ended).toBe(true)
  })
})

/** A cookie for ann's sandbox, without a request to the sandbox. */
async function cookieOf(visitor: Visitor): Promise<string> {
  await visitor.request(ANN, `/.thon/enter?code=${await codeFor(visitor, 'alpha-ann')}`)
  return `thon-pass=${visitor.cookies.get(ANN)!.get('thon-pass')}`
}

/** The status that a request for a WebSocket is answered with. */
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
async function openSocket(visitor: Visitor): Promise<WebSocket> {
  const socket = visitor.socket(ANN, '/')
  socket.on('error', () => undefined)
  await new Promise((resolve, reject) => socket.once('open', resolve).once('close', reject))
  return socket
}

async function activeIds(app: TestApp): Promise<string[]> {
  return (await app.db.instance.findMany({ where: { activeKey: { not: null } } })).map(({ id }) => id)
}

/** Restarts a sandbox, so that it serves what the fake engine was given meanwhile. */
async function restart(app: TestApp, id: string): Promise<void> {
  await app.services.instances.restart(system, id)
  await app.services.instances.settled(id, 10)
}
