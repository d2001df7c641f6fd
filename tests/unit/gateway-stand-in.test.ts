import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ApisixStandIn } from '../kit/apisix.ts'

const DIR = join(import.meta.dirname, '..', 'fixtures', 'apisix')

type Json = Record<string, unknown>

interface Recording {
  request: { method?: string; path: string; headers?: Record<string, string>; body?: Json | null }
  response: { status: number; body_raw?: string; body?: unknown }
}

const ALICE = {
  plugins: {
    'key-auth': { key: 'sk-alice-0001' },
    'ai-rate-limiting': { limit_strategy: 'total_tokens', rejected_code: 429, instances: [], policy: 'local' },
  },
}

/** Prepares the state in which a recording was made. */
async function before(name: string, apisix: ApisixStandIn, { request, response }: Recording): Promise<void> {
  if (name !== 'consumers-list-empty.json') apisix.put('team1-alice', ALICE)
  if (name === 'consumer-get-one.json') apisix.put('team1-alice', { ...ALICE, desc: 'Alice', labels: {} })
  if (name === 'consumers-list-page9.json') for (let n = 0; n < 14; n++) apisix.put(`x${n}_`)
  if (/^consumer-delete-x3|^rl-redis-ok/.test(name)) apisix.put('x3')
  if (/^route-(get-one|put-update)/.test(name)) {
    const route = request.body ?? withoutTimes((response.body as { value: Json }).value)
    await fetch(apisix.server.url + request.path, {
      ...{ method: 'PUT', headers: { 'X-API-KEY': apisix.key } },
      body: JSON.stringify(route),
    })
  }
  apisix.etcdDown = name.startsWith('etcd-down')
  apisix.isForbidden = name === 'admin-ip-not-allowed.json'
}

test.each(readdirSync(DIR))('%s gets the answer of the real APISIX', async (name) => {
  const recording = JSON.parse(readFileSync(join(DIR, name), 'utf8')) as Recording
  const { request, response } = recording
  const apisix = await ApisixStandIn.start()
  await before(name, apisix, recording)
  const answer = await fetch(apisix.server.url + request.path, {
    method: request.method ?? 'GET',
    headers: request.headers ?? {},
    ...(request.body !== null && request.body !== undefined && { body: JSON.stringify(request.body) }),
  })
  const text = await answer.text()
  expect(answer.status).toBe(response.status)
  if (answer.status === 403) {
    expect(text).toContain('<title>403 Forbidden</title>')
    return
  }
  const expected = JSON.parse(response.body_raw ?? '') as Json
  const actual = JSON.parse(text) as Json
  expect(Object.keys(actual).sort()).toEqual(Object.keys(expected).sort())
  for (const word of ['error_msg', 'description', 'message', 'key', 'deleted'])
    if (expected[word]) expect(actual[word]).toBe(expected[word])
  if (expected.value)
    expectAlike(actual.value as Json, expected.value as Json, request.method === 'PUT' ? request.body : null)
  if (!Array.isArray(expected.list) || expected.list.length === 0) {
    expect(actual.list).toEqual(expected.list)
    return
  }
  const [one, same] = [actual.list as Json[], expected.list as Json[]].map(
    (list) => list[0] as { key: string; value: Json },
  )
  expect(one?.key).toBe(same?.key)
  expectAlike(one?.value as Json, same?.value as Json, null)
})

/** The same fields, and the same secrets; those in the answer to a PUT are encrypted. */
function expectAlike(actual: Json, expected: Json, sent: Json | null | undefined): void {
  expect(Object.keys(actual).sort()).toEqual(Object.keys(expected).sort())
  const [ours, theirs] = [secretsIn(actual), secretsIn(expected)]
  expect(ours.length).toBe(theirs.length)
  if (!sent) expect(ours).toEqual(theirs)
  else for (const secret of secretsIn(sent)) expect([...ours, ...theirs]).not.toContain(secret)
}

function secretsIn(value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, one]: [string, unknown]) =>
    typeof one !== 'string' ? secretsIn(one) : /^(key|redis_password|Authorization)$/.test(name) ? [one] : [],
  )
}

function withoutTimes({ create_time: _made, update_time: _changed, ...value }: Json): Json {
  return value
}
