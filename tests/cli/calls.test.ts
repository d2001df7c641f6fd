import { createClient } from '@libsql/client'
import { execFile } from 'node:child_process'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { Home } from '../kit/thon-command.ts'

const LONG = { timeout: 180_000 }
const version = (
  JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')) as { version: string }
).version

/** A home in which nothing needs Docker. */
function home(variables: Record<string, string> = {}): Home {
  return new Home({ THON_ENGINE: 'process', ...variables })
}

interface JsonError {
  error: { message: string; code: string }
}

test('wrong usage exits with 2 and points to the help; help and version exit with 0', LONG, async () => {
  const thonHome = home()
  expect(await thonHome.thon('lanch')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('Did you mean launch') as string,
  })
  expect(await thonHome.thon('cert', '--ip', 'x')).toMatchObject({ code: 2, stdout: '' })
  expect(await thonHome.thon('stop')).toMatchObject({ code: 2, stderr: expect.stringContaining('--all') as string })
  expect((await thonHome.thon('launch', '--port', 'x')).code).toBe(2)
  expect((await thonHome.thon('launch', '--groups', 'a.yaml', '--from-db')).code).toBe(2)
  const help = await thonHome.thon('launch', '--help')
  expect([help.code, help.stdout]).toEqual([0, expect.stringContaining('--vscode-settings <file>')])
  expect(await thonHome.thon('--version')).toMatchObject({ code: 0, stdout: `${version}\n` })
})

test('with --json an error is JSON as well, alone on stdout', LONG, async () => {
  const thonHome = home()
  writeFileSync(thonHome.path('bad.yaml'), 'sandbox:\n  cpus: many\n')
  writeFileSync(thonHome.path('groups.yaml'), 'groups:\n  a/b: [ann]\n')
  const failures: [string[], number, string, string][] = [
    [['status', '--nope'], 2, 'USAGE', '--nope'],
    [['stop'], 2, 'USAGE', '--all'],
    [['stop', '--group', 'nobody'], 1, 'NOT_FOUND', 'nobody'],
    [['token', 'revoke', 'x'], 1, 'NOT_FOUND', 'x'],
    [['status', '--config', 'bad.yaml'], 1, 'CONFIGURATION', 'line 2'],
    [['groups', 'import', 'groups.yaml'], 1, 'INVALID_INPUT', 'line 2'],
    [['groups', 'import', 'none.yaml'], 1, 'FAILED', 'there is no such file'],
    [['serve', '--config', 'bad.yaml'], 1, 'CONFIGURATION', 'line 2'],
  ]
  for (const [args, code, kind, message] of failures) {
    const { error } = await thonHome.json<JsonError>(args, code)
    expect([args, error.code, error.message]).toEqual([args, kind, expect.stringContaining(message)])
  }
})

test('a groups file is read from a pipe, and errors name its lines', LONG, async () => {
  const thonHome = home()
  expect((await thonHome.thonWith('groups:\n  alpha: [ann]\n', 'groups', 'import', '-')).stdout).toContain(
    '2 changes made',
  )
  writeFileSync(thonHome.path('hall.yaml'), 'sandbox:\n  cpus: 1\n\ngroups:\n  alpha: [ann, a/b]\n')
  const { stderr } = await thonHome.thon('groups', 'import', '--config', 'hall.yaml')
  expect(stderr).toContain('hall.yaml, line 5, column 16: user name')
})

test('commands at the same time wait for each other, and so does a server', LONG, async () => {
  const thonHome = home()
  const names = ['a', 'b', 'c']
  for (const name of names) writeFileSync(thonHome.path(`${name}.yaml`), `groups:\n  ${name}: [ann]\n`)
  const imports = names.map((name) => thonHome.thon('groups', 'import', `${name}.yaml`))
  const { url } = await thonHome.serve()
  for (const { code, stderr } of await Promise.all(imports)) expect([code, stderr]).toEqual([0, ''])
  const { stdout } = await thonHome.thon('groups', 'export')
  for (const name of names) expect(stdout).toContain(`  ${name}:\n    - ann\n`)
  expect(await thonHome.json<object>(['status'])).toMatchObject({ server: url })
})

test('commands ignore what a killed server left behind', LONG, async () => {
  const thonHome = home()
  const { url, kill } = await thonHome.serve()
  const left = readFileSync(thonHome.path('thon.db.server'), 'utf8')
  await kill()
  expect(readFileSync(thonHome.path('thon.db.server'), 'utf8')).toBe(left)
  expect(await thonHome.json<object>(['status'])).toMatchObject({ server: null })
  // Now another program listens on that port.
  writeFileSync(thonHome.path('thon.db.server'), left.replaceAll(new URL(url).port, '1'))
  expect((await thonHome.thon('status')).stdout).toContain('not running')
  writeFileSync(thonHome.path('thon.db.server'), 'no JSON')
  expect((await thonHome.thon('status')).stdout).toContain('not running')
})

test('the database of another user is left alone', LONG, async () => {
  if (process.getuid?.() !== 0) return
  const thonHome = home()
  await thonHome.thon('status')
  chmodSync(thonHome.dir, 0o755)
  const stderr = await new Promise<string>((resolve) => {
    const options = { env: { ...thonHome.variables, HOME: '/nonexistent' }, cwd: '/', uid: 65_534, gid: 65_534 }
    execFile('node', [thonHome.command, 'status'], options, (_error, _out, said) => resolve(said))
  })
  expect(stderr).toContain('belongs to user id 0')
})

test('a path may contain any character, and a newer database is refused', LONG, async () => {
  const thonHome = home()
  const path = thonHome.path('hall #1?%41.db')
  thonHome.variables.THON_DB_PATH = path
  expect((await thonHome.thon('backup', 'none.db')).stderr).toContain('There is no database')
  await thonHome.thon('status')
  expect((await thonHome.thon('backup', 'a ?#%41.db')).code).toBe(0)
  const client = createClient({ url: pathToFileURL(path).href })
  await client.execute(
    "INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at) VALUES ('x', 'x', '99990101000000_later', 1)",
  )
  client.close()
  const newer = await thonHome.thon('status')
  expect([newer.code, newer.stderr]).toEqual([
    1,
    expect.stringContaining('written by a newer THON (99990101000000_later)'),
  ])
})

test('serve prints its address as JSON', LONG, async () => {
  const thonHome = home()
  const { url, first } = await thonHome.serve('--json')
  expect(JSON.parse(first)).toMatchObject({
    urls: [url],
    engine: { kind: 'process' },
    database: thonHome.path('thon.db'),
  })
})
