import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { copyDatabase } from '../../server/cli/backup.ts'
import { organizer } from '../../server/core/viewer.ts'
import { startApp, type TestApp } from '../kit/app.ts'
import { enter, personalLink, team } from '../kit/links.ts'

const PASSWORD = 'open sesame'

async function signIn(app: TestApp): Promise<string> {
  const response = await fetch(`${app.url}/api/auth/login/local`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ password: PASSWORD }),
  })
  return response.headers.getSetCookie()[0]?.split(';', 1)[0] as string
}

async function role(app: TestApp, cookie: string): Promise<string | undefined> {
  return (await app.answer<{ viewer: { role: string } }>('{ viewer { role } }', {}, { cookie })).data?.viewer.role
}

test('a backup contains no way in', async () => {
  const app = await startApp({ AUTH_LOCAL_PASSWORD: PASSWORD })
  const cookie = await signIn(app)
  const { ids } = await team(app, 'alpha', ['ann'])
  const link = await personalLink(app, ids.ann as string)
  const participant = (await enter(app, link)).cookie
  const { token } = await app.services.tokens.create(organizer, { name: 'script' })
  const keys = JSON.parse(readFileSync(join(app.dir, 'thon.db.keys'), 'utf8')) as Record<string, string>
  const file = join(app.dir, 'backup.db')
  await copyDatabase(join(app.dir, 'thon.db'), file)
  const bytes = readFileSync(file).toString('latin1')
  const idOf = (one: string) => one.split(':')[1] as string
  const secrets = { PASSWORD, link, token, session: idOf(cookie), participant: idOf(participant), ...keys }
  expect(Object.keys(keys)).toEqual(['session', 'pass'])
  for (const [what, secret] of Object.entries(secrets)) expect(bytes.includes(secret), what).toBe(false)
  // The stored id is a hash, so it does not work in a cookie either.
  const rows = await app.db.session.findMany()
  expect(rows).toHaveLength(2)
  for (const { id } of rows) expect(await role(app, `session=v1:${id}:${cookie.split(':')[2]}`)).toBe('ANONYMOUS')
})

test('the keys are in a file that only its owner reads, and last', async () => {
  const app = await startApp({ AUTH_LOCAL_PASSWORD: PASSWORD })
  const path = join(app.dir, 'thon.db.keys')
  expect(statSync(path).mode & 0o777).toBe(0o600)
  const [cookie, before] = [await signIn(app), readFileSync(path, 'utf8')]
  const again = await app.restart()
  expect(readFileSync(path, 'utf8')).toBe(before)
  expect(await role(again, cookie)).toBe('ORGANIZER')
  // Without them, as on another machine, everyone signs in again.
  const other = await again.restart(() => rmSync(path))
  expect(await role(other, cookie)).toBe('ANONYMOUS')
  expect(await role(other, await signIn(other))).toBe('ORGANIZER')
})

test('keys and sessions of an earlier version move out of the database, and sign no one out', async () => {
  const app = await startApp({ AUTH_LOCAL_PASSWORD: PASSWORD })
  const cookie = await signIn(app)
  const path = join(app.dir, 'thon.db.keys')
  const keys = JSON.parse(readFileSync(path, 'utf8')) as Record<string, string>
  const id = cookie.split(':')[1] as string
  await app.db.session.updateMany({ data: { id } })
  for (const [name, value] of Object.entries(keys)) await app.db.secret.create({ data: { name, value } })
  const again = await app.restart(() => rmSync(path))
  expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(keys)
  expect([await again.db.secret.count(), await role(again, cookie)]).toEqual([0, 'ORGANIZER'])
  await again.close()
  for (const file of ['thon.db', 'thon.db-wal'].map((name) => join(app.dir, name))) {
    if (!existsSync(file)) continue
    const bytes = readFileSync(file).toString('latin1')
    for (const secret of [...Object.values(keys), id]) expect(bytes.includes(secret), file).toBe(false)
  }
})

test('a file of keys that cannot be read stops the start, with a way out', async () => {
  const app = await startApp({ AUTH_LOCAL_PASSWORD: PASSWORD })
  const path = join(app.dir, 'thon.db.keys')
  const spoil = () => void execFileSync('cp', ['/dev/null', path])
  await expect(app.restart(spoil)).rejects.toThrow(`${path} cannot be read as keys. Repair or delete it`)
  chmodSync(path, 0o600)
})
