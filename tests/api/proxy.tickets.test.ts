import { describe, expect, test } from 'vitest'
import { organizer } from '../../server/core/viewer.ts'
import { SIGN_INS, startSandbox, type Sandbox } from '../kit/outliving.ts'
import { Visitor } from '../kit/visitor.ts'

const HOST = 'alpha-ann.localhost'

/** Browsers that are signed in at THON: an organizer's, and ann's, who owns the sandbox. */
async function fixtures(proxyProcess: boolean) {
  const sandbox = await startSandbox(proxyProcess)
  return {
    sandbox,
    boss: await signedIn(sandbox, 'an organizer’s account'),
    ann: await signedIn(sandbox, 'a link session'),
  }
}

async function signedIn(sandbox: Sandbox, kind: 'an organizer’s account' | 'a link session'): Promise<Visitor> {
  const visitor = new Visitor(sandbox.app.url)
  visitor.keep('localhost', (await SIGN_INS[kind](sandbox)).cookie)
  return visitor
}

describe.each([
  ['in the server', false],
  ['in a process of its own', true],
] as const)('with the proxy %s', (_where, proxyProcess) => {
  test('a one-time code that a service worker read is useless in another browser', async () => {
    const { boss, ann } = await fixtures(proxyProcess)
    const { pathname, search } = await boss.entryTo('alpha-ann')
    // Ann sees the address of the organizer's entry, and has a secret of her own at her sandbox.
    await ann.entryTo('alpha-ann')
    const stolen = await ann.request(HOST, pathname + search)
    expect(stolen.headers['set-cookie']).toBeUndefined()
    expect(ann.cookies.get(HOST)?.get('thon-pass')).toBeUndefined()
    // It was shown in the wrong browser, so it is used up, and the organizer starts again without noticing.
    const late = await boss.request(HOST, pathname + search)
    expect(late.headers['set-cookie']).toBeUndefined()
    expect((await boss.open(boss.origin(HOST))).body).toBe('page')
  })

  test('a browser that is signed in at an IP address comes back to that address for its code', async () => {
    const { sandbox } = await fixtures(proxyProcess)
    const visitor = new Visitor(sandbox.app.url)
    visitor.keep('127.0.0.1', (await SIGN_INS['a link session'](sandbox)).cookie)
    const { port } = new URL(sandbox.app.url)
    const opened = await visitor.open(`http://127.0.0.1:${port}/open?sandbox=alpha-ann`)
    expect(opened).toMatchObject({ status: 200, body: 'page' })
    const unknown = await visitor.request(HOST, '/.thon/begin?from=nothing&to=/')
    expect(unknown.headers.location).toMatch(/^http:\/\/localhost:\d+\/open\?/)
  })

  test('the secret of a browser is out of reach of scripts and of the sandbox', async () => {
    const { sandbox, ann } = await fixtures(proxyProcess)
    const seen: (string | undefined)[] = []
    sandbox.app.engine.pages = (request, response) => {
      seen.push(request.headers.cookie)
      response.setHeader('Set-Cookie', ['thon-entry=mine', 'other=1']).end('page')
    }
    await sandbox.app.services.instances.restart(organizer, sandbox.instanceId)
    await sandbox.app.services.instances.settled(sandbox.instanceId, 10)
    const { headers } = await ann.request(HOST, '/.thon/begin?to=/')
    const secret = /^thon-entry=[\w-]{24}; Path=\/; HttpOnly; SameSite=Lax$/
    expect(headers['set-cookie']).toEqual([expect.stringMatching(secret)])
    await ann.open(ann.origin(HOST))
    await ann.request(HOST, '/.thon/begin?to=/')
    const { headers: answer } = await ann.request(HOST, '/')
    expect(answer['set-cookie']).toEqual(['other=1'])
    expect(seen.join()).not.toMatch(/thon-/)
  })

  test('who opens somebody else’s sandbox gets a short pass, which only opens', async () => {
    const { sandbox, boss, ann } = await fixtures(proxyProcess)
    const { db, services } = sandbox.app
    const passOf = async (visitor: Visitor) => {
      const { pathname, search } = await visitor.entryTo('alpha-ann')
      return (await visitor.request(HOST, pathname + search)).headers['set-cookie']?.[0]
    }
    expect(await passOf(ann)).toContain(`Max-Age=${7 * 24 * 3600}`)
    expect(await passOf(boss)).toContain(`Max-Age=${2 * 3600}`)
    const state = async () => (await db.instance.findUnique({ where: { id: sandbox.instanceId } }))?.state
    await services.instances.pause(organizer, sandbox.instanceId)
    await expect.poll(state).toBe('Paused')
    const page = await boss.open(boss.origin(HOST))
    expect([page.status, page.body.includes('id="form" hidden')]).toEqual([503, true])
    const resume = (visitor: Visitor) => visitor.request(HOST, '/.thon/resume', { method: 'POST' })
    const refused = await resume(boss)
    expect([refused.status, refused.body]).toEqual([403, expect.stringContaining('on the dashboard')])
    expect(await state()).toBe('Paused')
    expect((await resume(ann)).status).toBe(303)
  })

  test('a browser that keeps no cookies learns why, and does not go around in circles', async () => {
    const { ann } = await fixtures(proxyProcess)
    const { pathname, search } = await ann.entryTo('alpha-ann')
    ann.cookies.delete(HOST)
    const { status, body } = await ann.open(ann.origin(HOST) + pathname + search)
    expect([status, body]).toEqual([403, expect.stringContaining('Cookies are blocked')])
  })
})
