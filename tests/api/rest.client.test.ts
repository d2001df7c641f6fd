import { createClient } from '@hey-api/openapi-ts'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { startApp, type TestApp } from '../kit/app.ts'

const run = promisify(execFile)
const root = join(import.meta.dirname, '../..')

let app: TestApp
let dir: string
beforeEach(async () => {
  app = await startApp()
  dir = mkdtempSync(join(tmpdir(), 'thon-client-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  writeFileSync(join(dir, 'package.json'), '{ "type": "module" }')
  await createClient({
    input: `${app.url}/openapi.json`,
    output: { path: join(dir, 'client'), module: { extension: '.ts' } },
    plugins: ['@hey-api/client-fetch', '@hey-api/typescript', '@hey-api/sdk'],
    logs: { level: 'silent', file: false },
  })
})

/** Writes a script next to the generated client. @returns its path */
function script(text: string): string {
  const path = join(dir, 'script.ts')
  writeFileSync(path, text)
  return path
}

/** TypeScript's errors in a script that uses the generated client; '' without errors. */
async function typeErrors(text: string): Promise<string> {
  const options =
    '--noEmit --strict --target es2024 --module nodenext --allowImportingTsExtensions --erasableSyntaxOnly'
  const types = ['--skipLibCheck', '--types', 'node', '--typeRoots', join(root, 'node_modules/@types')]
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  try {
    await run(process.execPath, [tsc, ...options.split(' '), ...types, script(text)], { cwd: dir })
    return ''
  } catch (error) {
    return (error as { stdout: string }).stdout
  }
}

const LIFE = `
import { strictEqual } from 'node:assert'
import * as thon from './client/index.ts'
import { client } from './client/client.gen.ts'

client.setConfig({ baseUrl: process.argv[2] })
const seen: unknown[] = []
const states = async () => {
  const { data } = await thon.getInstances({ query: { state: ['Running', 'Paused'], page_size: 10 } })
  seen.push(data?.instances.map((one) => one.state))
}

await states()
const { data: created } = await thon.postInstances({ body: { group: 'alpha', username: 'ann' } })
if (!created) throw new Error('it was not created')
const id: string = created.id
await states()

const again = await thon.postInstances({ body: { group: 'alpha', username: 'ann' } })
strictEqual(again.data, undefined)
const refusal = again.error
if (!refusal) throw new Error('it was not refused')
// A sentence or a list of errors: the types make a script distinguish them.
const why: string = typeof refusal.detail === 'string' ? refusal.detail : refusal.detail.map((error) => error.msg).join()
seen.push(again.response?.status, why.replace(id, 'ID'))

const path = { instance_id: id }
seen.push((await thon.postInstancesInstanceIdPause({ path })).data?.status)
await states()
seen.push((await thon.postInstancesInstanceIdPause({ path })).error?.detail)
seen.push((await thon.postInstancesInstanceIdResume({ path })).data?.state)
const renewed = await thon.postInstancesInstanceIdRenew({ path, body: { timeout_minutes: 5 } })
seen.push(renewed.data?.timeout_minutes)
seen.push((await thon.deleteInstancesInstanceId({ path })).data?.status)
await states()
console.log(JSON.stringify(seen))
`

test('a generated client controls an instance, and sees conflicts', async () => {
  expect(await typeErrors(LIFE)).toBe('')
  const { stdout } = await run(process.execPath, [script(LIFE), app.url])
  expect(JSON.parse(stdout)).toEqual([
    [],
    ['Running'],
    409,
    'User alpha/ann already has instance ID',
    'paused',
    ['Paused'],
    'Cannot pause alpha/ann: it is paused.',
    'Running',
    5,
    'terminated',
    [],
  ])
  expect(app.engine.count('create')).toBe(1)
  expect(app.engine.sandboxes.size).toBe(0)
})

test('types of the client refuse what the server refuses, and accept null to clear', async () => {
  const calls = [
    "postInstances({ body: { group: 'alpha', port: 'high' } })",
    "getInstances({ query: { state: ['running'] } })",
    'postGroups({ body: {} })',
    'postInstancesInstanceIdPause({ path: {} })',
    "patchUsersUserId({ path: { user_id: 'a' }, body: { email: null } })",
  ]
  const errors = await typeErrors(
    ["import * as thon from './client/index.ts'", ...calls.map((call) => `await thon.${call}`)].join('\n'),
  )
  expect([...new Set(errors.match(/^script\.ts\(\d+/gm))]).toEqual([2, 3, 4, 5].map((line) => `script.ts(${line}`))
})
