import { expect, onTestFinished, test, vi } from 'vitest'
import { Principals } from '../../server/auth/principals.ts'
import { Events, type PrincipalChange } from '../../server/core/events.ts'
import { can } from '../../server/core/permissions.ts'
import type { Tx } from '../../server/db/unit-of-work.ts'
import { tokenViewer, type Principal } from '../../server/core/viewer.ts'

const HOUR = 3_600_000

/** @param find what the database has of a principal */
function fixtures(find: (id: string) => Principal | null = () => null) {
  vi.useFakeTimers({ now: 0 })
  const events = new Events()
  const deleted: string[] = []
  const table = (name: string) => ({
    deleteMany: ({ where }: { where: { id: { in: string[] } } }) => {
      deleted.push(...where.id.in.map((id) => `${name} ${id}`))
      return Promise.resolve()
    },
  })
  const publish: Events['publish'] = (topic, event) => {
    events.publish(topic, event)
  }
  const tx = { session: table('session'), apiToken: table('token'), publish } as unknown as Tx
  const principals = new Principals({ events, find: (id) => Promise.resolve(find(id)) })
  const changes: (PrincipalChange & { list: string[] })[] = []
  events.on('principal', (change) => changes.push({ ...change, list: [...change.ids] }))
  const hold = (id: string, lastsMs: number) =>
    tokenViewer({ id, name: id }, principals.standing(`token:${id}`, new Date(Date.now() + lastsMs)))
  onTestFinished(() => {
    principals.close()
    vi.useRealTimers()
  })
  return { tx, principals, changes, deleted, hold }
}

test('an expired principal is published once, and loses its rights at the same moment', async () => {
  const { changes, hold } = fixtures()
  const [short, long] = [hold('short', HOUR), hold('long', 2 * HOUR)]
  await vi.advanceTimersByTimeAsync(HOUR - 1)
  expect([changes.length, short.role]).toEqual([0, 'organizer'])
  await vi.advanceTimersByTimeAsync(1_000)
  expect(changes.map(({ kind, list }) => [kind, list])).toEqual([['ended', ['token:short']]])
  expect([short.role, short.audienceKey, can(short, 'groups.manage')]).toEqual(['anonymous', 'anonymous', false])
  expect(long.role).toBe('organizer')
  await vi.advanceTimersByTimeAsync(10_000)
  expect(changes).toHaveLength(1)
})

test('a principal that was extended in the meantime stays', async () => {
  const { principals, changes, hold } = fixtures((id) => {
    principals.standing(id, new Date(3 * HOUR))
    return held
  })
  const held: Principal = hold('used', HOUR)
  await vi.advanceTimersByTimeAsync(2 * HOUR)
  expect([changes.length, held.role, held.expiresAt]).toEqual([0, 'organizer', new Date(3 * HOUR)])
})

test('revoke deletes sessions and tokens, and publishes one change', async () => {
  const { tx, principals, changes, deleted, hold } = fixtures()
  const [one, other] = [hold('one', HOUR), hold('other', HOUR)]
  const kinds: string[] = []
  principals.whenOver(one, (kind) => kinds.push(kind))
  principals.whenOver(other, () => kinds.push('the other one'))
  await principals.revoke(tx, ['token:one', 'session:abc'])
  expect(deleted).toEqual(['session abc', 'token one'])
  expect(changes.map(({ kind, list }) => [kind, list])).toEqual([['ended', ['token:one', 'session:abc']]])
  expect([kinds, one.role, other.role]).toEqual([['ended'], 'anonymous', 'organizer'])
  await principals.revoke(tx, [])
  expect(changes).toHaveLength(1)
})
