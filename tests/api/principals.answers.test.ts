import { describe, expect, test } from 'vitest'
import { signedIn, startWith } from '../kit/access.ts'

const VIEWER = 'query Viewer { viewer { name role email isSignedIn } }'
const GROUPS = '{ groups { items { name } } viewer { email } }'

interface Answer {
  viewer: { name: string; email: string | null; isSignedIn: boolean }
}

describe('answers that say who asks', () => {
  test('are never another organizer’s, one after the other and at once', async () => {
    const app = await startWith('OAuth')
    const people = await Promise.all(
      ['ann', 'bob', 'eve'].map(async (name) => ({
        email: `${name}@x`,
        cookie: await signedIn(app, 'organizer', `${name}@x`),
      })),
    )
    const ask = (query: string, cookie: string) => app.answer<Answer>(query, {}, { cookie })
    const emails = async (query: string) => {
      const answers = await Promise.all([...people, ...people].map(({ cookie }) => ask(query, cookie)))
      return answers.map(({ data }) => data?.viewer.email)
    }
    const right = [...people, ...people].map(({ email }) => email)
    // The first answers are computed side by side, the next ones are cached.
    for (const query of [VIEWER, GROUPS]) {
      expect(await emails(query)).toEqual(right)
      expect(await emails(query)).toEqual(right)
      for (const { email, cookie } of people) expect((await ask(query, cookie)).data?.viewer.email).toBe(email)
    }
  })

  test('of a token and of an organizer differ', async () => {
    const app = await startWith('OAuth')
    const cookie = await signedIn(app, 'organizer')
    const created = await app.answer<{ createApiToken: { token: string } }>(
      'mutation { createApiToken(input: { name: "x" }) { token } }',
      {},
      { cookie },
    )
    const bearer = { authorization: `Bearer ${created.data?.createApiToken.token}` }
    const signed = async (headers: Record<string, string>) =>
      (await app.answer<Answer>(VIEWER, {}, headers)).data?.viewer.isSignedIn
    expect([await signed({ cookie }), await signed(bearer), await signed({ cookie })]).toEqual([true, false, true])
  })

  test('change at once with the name or address of a person', async () => {
    const app = await startWith('OAuth')
    const cookie = await signedIn(app, 'organizer', 'old@x')
    const email = async () => (await app.answer<Answer>(VIEWER, {}, { cookie })).data?.viewer.email
    expect(await email()).toBe('old@x')
    const { id } = await app.db.identity.findFirstOrThrow()
    await app.services.identities.signIn({ id, provider: 'github', displayName: 'Ann', email: 'new@x' })
    expect(await email()).toBe('new@x')
  })
})
