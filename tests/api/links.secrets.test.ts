import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { organizer } from '../../server/core/viewer.ts'
import { startWith } from '../kit/access.ts'
import { enter, joinLink, look, personalLink, post, team } from '../kit/links.ts'

const NO_LONGER_WORKS = 'This link no longer works. Ask an organizer for a new one.'

test('a secret is shown once; database, lists and logs never contain it', async () => {
  const app = await startWith('no login')
  const { groupId, ids } = await team(app, 'alpha', ['ann'])
  const own = await personalLink(app, ids.ann!)
  const join = await joinLink(app, groupId)
  const rotated = await app.services.links.rotateJoinLink(organizer, join.id)
  await enter(app, own)
  await enter(app, rotated.secret, 'new')
  await enter(app, join.secret, 'late')
  await post(app, '', { secret: own, username: 7 })
  const hashes = (await app.db.accessLink.findMany()).map(({ hash }) => hash)
  const hash = (secret: string) => createHash('sha256').update(secret).digest('hex')
  expect(new Set(hashes)).toEqual(new Set([hash(own), hash(rotated.secret)]))
  const lists = JSON.stringify([
    await app.execute(
      '{ groups { items { joinLinks { items { id uses } } users { hasLink link { id uses createdBy } } } } identities { items { id } } }',
    ),
    await (await fetch(`${app.url}/api/users`)).json(),
    await (await fetch(`${app.url}/api/groups`)).json(),
  ])
  const tables = await app.db.$queryRawUnsafe<{ name: string }[]>("SELECT name FROM sqlite_master WHERE type = 'table'")
  const kept = await Promise.all(tables.map(({ name }) => app.db.$queryRawUnsafe(`SELECT * FROM "${name}"`)))
  for (const secret of [own, join.secret, rotated.secret])
    for (const place of [lists, JSON.stringify(kept), app.logged.lines.join('\n')]) expect(place).not.toContain(secret)
})

test('every wrong secret is refused with the same words', async () => {
  const app = await startWith('OAuth')
  const { ids } = await team(app, 'alpha', ['ann'])
  const secret = await personalLink(app, ids.ann!)
  const { hash } = await app.db.accessLink.findFirstOrThrow()
  for (const wrong of ['', 'x', `${secret}x`, secret.slice(1), hash, '\0', '🎉'])
    expect([(await look(app, wrong)).body, await enter(app, wrong)]).toMatchObject([
      { detail: NO_LONGER_WORKS },
      { status: 404, detail: NO_LONGER_WORKS },
    ])
  expect((await look(app, 'x'.repeat(201))).status).toBe(422)
})

test('a thousand wrong secrets block an address, and right ones still work', async () => {
  const app = await startWith('OAuth')
  const { ids } = await team(app, 'alpha', ['ann'])
  const secret = await personalLink(app, ids.ann!)
  const { linkEntry } = app.services
  const codes = new Map<string, number>()
  for (let n = 0; n < 1_010; n++)
    await linkEntry.inspect({ secret: `x${n}` }, '127.0.0.1').catch((error: unknown) => {
      const { code } = error as { code: string }
      codes.set(code, (codes.get(code) ?? 0) + 1)
    })
  expect(Object.fromEntries(codes)).toEqual({ NOT_FOUND: 1_000, TOO_MANY: 10 })
  const refused = await post(app, '', { secret: 'x' })
  expect([refused.status, Number(refused.headers.get('retry-after')) > 0]).toEqual([429, true])
  expect((await enter(app, secret)).status).toBe(200)
})
