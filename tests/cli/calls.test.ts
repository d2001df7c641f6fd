import { createClient } from '@libsql/client'
import { execFile } from 'node:child_process'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { Home } from '../kit/thon-command.ts'

const LONG = { timeout: 60_000 }
const version = (
  JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')) as { version: string }
).version

/** A home in which nothing needs Docker. */
function home(variables: Record<string, string> = {}): Home {
  return new Home({ THON_ENGINE: 'process', ...variables })
}

interface Fault {
  error: { message: string; code: string }
}

test('a wrong call ends with 2 and says what there is; help and version end with 0', LONG, async () => {
  const made = home()
  expect(await made.thon('lanch')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('Did you mean launch') as string,
  })
  expect(await made.thon('cert', '--ip', 'x')).toMatchObject({ code: 2, stdout: '' })
  expect(await made.thon('stop')).toMatchObject({ code: 2, stderr: expect.stringContaining('--all') as string })
  expect((await made.thon('launch', '--port', 'x')).code).toBe(2)
  expect((await made.thon('launch', '--groups', 'a.yaml', '--from-db')).code).toBe(2)
  const help = await made.thon('launch', '--help')
  expect([help.code, help.stdout]).toEqual([0, expect.stringContaining('--vscode-settings <file>')])
  expect(await made.thon('--version')).toMatchObject({ code: 0, stdout: `${version}\n` })
})

test('with --json what goes wrong is JSON as well, alone on stdout', LONG, async () => {
  const made = home()
  writeFileSync(made.path('bad.yaml'), 'sandbox:\n  cpus: many\n')
  writeFileSync(made.path('groups.yaml'), 'groups:\n  a/b: [ann]\n')
  const faults: [string[], number, string, string][] = [
    [['status', '--nope'], 2, 'USAGE', '--nope'],
    [['stop'], 2, 'USAGE', '--all'],
    [['stop', '--group', 'nobody'], 1, 'NOT_FOUND', 'nobody'],
    [['token', 'revoke', 'x'], 1, 'NOT_FOUND', 'x'],
    [['status', '--config', 'bad.yaml'], 1, 'CONFIGURATION', 'line 2'],
    [['groups', 'import', 'groups.yaml'], 1, 'INVALID_INPUT', 'line 2'],
    [['groups', 'import', 'none.yaml'], 1, 'FAILED', 'there is no such file'],
    [['serve', '--config', 'bad.yaml'], 1, 'CONFIGURATION', 'line 2'],
  ]
  for (const [args, code, kind, said] of faults) {
    const { error } = await made.json<Fault>(args, code)
    expect([args, error.code, error.message]).toEqual([args, kind, expect.stringContaining(said)])
  }
})

test('a groups file is read from a pipe, and told lines are those of the file', LONG, async () => {
  const made = home()
  expect((await made.thonWith('groups:\n  alpha: [ann]\n', 'groups', 'import', '-')).stdout).toContain('2 changes made')
  writeFileSync(made.path('hall.yaml'), 'sandbox:\n  cpus: 1\n\ngroups:\n  alpha: [ann, a/b]\n')
  const { stderr } = await made.thon('groups', 'import', '--config', 'hall.yaml')
  expect(stderr).toContain('hall.yaml, line 5, column 16: user name')
})

test('commands of one moment wait for each other, and a server that starts for them', LONG, async () => {
  const made = home()
  const names = ['a', 'b', 'c']
  for (const name of names) writeFileSync(made.path(`${name}.yaml`), `groups:\n  ${name}: [ann]\n`)
  const imports = names.map((name) => made.thon('groups', 'import', `${name}.yaml`))
  const { url } = await made.serve()
  for (const { code, stderr } of await Promise.all(imports)) expect([code, stderr]).toEqual([0, ''])
  const { stdout } = await made.thon('groups', 'export')
  for (const name of names) expect(stdout).toContain(`  ${name}:\n    - ann\n`)
  expect(await made.json<object>(['status'])).toMatchObject({ server: url })
})

test('what a server that was killed left behind fools nobody', LONG, async () => {
  const made = home()
  const { url, kill } = await made.serve()
  const left = readFileSync(made.path('thon.db.server'), 'utf8')
  await kill()
  expect(readFileSync(made.path('thon.db.server'), 'utf8')).toBe(left)
  expect(await made.json<object>(['status'])).toMatchObject({ server: null })
  // Another program listens there by now.
  writeFileSync(made.path('thon.db.server'), left.replaceAll(new URL(url).port, '1'))
  expect((await made.thon('status')).stdout).toContain('does not run')
  writeFileSync(made.path('thon.db.server'), 'no JSON')
  expect((await made.thon('status')).stdout).toContain('does not run')
})

test('the database of another user is left alone', LONG, async () => {
  if (process.getuid?.() !== 0) return
  const made = home()
  await made.thon('status')
  chmodSync(made.dir, 0o755)
  const stderr = await new Promise<string>((resolve) => {
    const options = { env: { ...made.variables, HOME: '/nonexistent' }, cwd: '/', uid: 65_534, gid: 65_534 }
    execFile('node', [made.command, 'status'], options, (_error, _out, said) => resolve(said))
  })
  expect(stderr).toContain('belongs to user id 0')
})

test('a path may have any sign in it, and a database of a newer THON is not touched', LONG, async () => {
  const made = home()
  const path = made.path('hall #1?%41.db')
  made.variables.THON_DB_PATH = path
  expect((await made.thon('backup', 'none.db')).stderr).toContain('There is no database')
  await made.thon('status')
  expect((await made.thon('backup', 'a ?#%41.db')).code).toBe(0)
  const client = createClient({ url: pathToFileURL(path).href })
  await client.execute(
    "INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at) VALUES ('x', 'x', '99990101000000_later', 1)",
  )
  client.close()
  const newer = await made.thon('status')
  expect([newer.code, newer.stderr]).toEqual([
    1,
    expect.stringContaining('written by a newer THON (99990101000000_later)'),
  ])
})

test('serve says in JSON where it is', LONG, async () => {
  const made = home()
  const { url, first } = await made.serve('--json')
  expect(JSON.parse(first)).toMatchObject({ urls: [url], engine: { kind: 'process' }, database: made.path('thon.db') })
})
