import { afterEach, describe, expect, test, vi } from 'vitest'
import { organizer } from '../../server/core/viewer.ts'
import { storedId } from '../kit/access.ts'
import { openAll, SIGN_INS, startSandbox, type Outliving, type Sandbox } from '../kit/outliving.ts'

type Headers = Record<string, string>
type Kind = keyof typeof SIGN_INS

/** A way to end, and for which kinds of principals. */
interface Ending {
  kinds: readonly Kind[]
  act: (sandbox: Sandbox, headers: Headers) => Promise<unknown>
  /** What rightly stays: an account without its user sees nothing, but is still signed in. */
  stays?: readonly [Kind, readonly Outliving[]]
}

const DAY = 86_400_000
const SESSIONS = ['a password session', 'an organizer’s account', 'a participant’s account', 'a link session'] as const
const ALL = [...SESSIONS, 'an API token'] as const
const PARTICIPANTS = ['a participant’s account', 'a link session'] as const

/** Lets the clock jump; timers go on. */
function pass(days: number): Promise<void> {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + days * DAY })
  return Promise.resolve()
}

function setRole(role: 'waiting' | 'participant') {
  return async ({ app }: Sandbox, { cookie = '' }: Headers) => {
    const { identityId } = await app.db.session.findUniqueOrThrow({ where: { id: storedId(cookie) } })
    await app.services.identities.update(organizer, { id: identityId, role })
  }
}

function signOut(everywhere: boolean) {
  return ({ app }: Sandbox, headers: Headers) =>
    app.answer(`mutation { signOut(input: { everywhere: ${everywhere} }) }`, {}, headers)
}

/** From another device. */
async function signOutElsewhere({ app }: Sandbox, { cookie = '' }: Headers): Promise<void> {
  const { identityId } = await app.db.session.findUniqueOrThrow({ where: { id: storedId(cookie) } })
  await app.services.signIn.signOut({ ...organizer, kind: 'account', id: 'session:elsewhere', identityId }, true)
}

const ENDINGS: Record<string, Ending> = {
  'signs out here': { kinds: SESSIONS, act: signOut(false) },
  'signs out everywhere': { kinds: SESSIONS, act: signOut(true) },
  'signs out everywhere on another device': { kinds: SESSIONS, act: signOutElsewhere },
  expires: { kinds: SESSIONS, act: () => pass(2) },
  'expires after its 30 days': { kinds: ['an API token'], act: () => pass(31) },
  'is revoked': {
    kinds: ALL,
    act: async ({ app, userId }, { cookie, authorization }) => {
      const { links, tokens, signIn } = app.services
      const [token] = await app.db.apiToken.findMany()
      if (authorization !== undefined) await tokens.revoke(organizer, token?.id ?? '')
      else if ((await app.db.accessLink.count()) > 0) await links.revokePersonalLink(organizer, userId)
      else await signIn.signOut({ ...organizer, kind: 'account', id: `session:${storedId(cookie ?? '')}` })
    },
  },
  'is suspended': { kinds: PARTICIPANTS, act: setRole('waiting') },
  'is replaced': {
    kinds: ['a link session'],
    act: ({ app, userId }) => app.services.links.createPersonalLinks(organizer, { userIds: [userId], replace: true }),
  },
  'loses its user': {
    kinds: PARTICIPANTS,
    act: async ({ app, userId, instanceId }) => {
      await app.services.instances.kill(organizer, instanceId)
      await app.services.users.deleteUser(organizer, userId, { deleteWorkspaces: false })
    },
    stays: ['a participant’s account', ['socket', 'subscription']],
  },
  'loses its group': {
    kinds: PARTICIPANTS,
    act: async ({ app, groupId, instanceId }) => {
      await app.services.instances.kill(organizer, instanceId)
      await app.services.groups.delete(organizer, groupId, { deleteWorkspaces: false })
    },
    stays: ['a participant’s account', ['socket', 'subscription']],
  },
}

afterEach(() => {
  vi.useRealTimers()
})

describe.each([
  ['in THON', false],
  ['through the proxy process', true],
] as const)('everything that is open %s ends or changes', (_where, proxyProcess) => {
  for (const [way, { kinds, act, stays }] of Object.entries(ENDINGS))
    for (const kind of kinds)
      test(`when ${kind} ${way}`, { timeout: 20_000 }, async () => {
        const sandbox = await startSandbox(proxyProcess)
        const headers: Headers = await SIGN_INS[kind](sandbox)
        const others = await openAll(sandbox, await SIGN_INS['an API token'](sandbox))
        const opened = await openAll(sandbox, headers)
        for (const { what, isOver } of opened) expect(await isOver(), `${what}, before`).toBe(false)
        await act(sandbox, headers)
        for (const { what, isOver } of opened)
          if (!(stays?.[0] === kind && stays[1].includes(what)))
            await expect.poll(isOver, { message: what, timeout: 3_000 }).toBe(true)
        const mayEnd = way.startsWith('expires') || kind === 'an API token'
        if (!mayEnd)
          for (const { what, isOver } of others.slice(0, 1)) expect(await isOver(), `${what} of another`).toBe(false)
      })
})
