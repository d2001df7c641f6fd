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

/** What was there when a recording was made. */
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
  apisix.isShut = name === 'admin-ip-not-allowed.json'
}

test.each(readdirSync(DIR))('%s is answered as the real one did', async (name) => {
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
  if (answer.status === 403) return expect(text).toContain('<title>403 Forbidden</title>')
  const wanted = JSON.parse(response.body_raw ?? '') as Json
  const got = JSON.parse(text) as Json
  expect(Object.keys(got).sort()).toEqual(Object.keys(wanted).sort())
  for (const word of ['error_msg', 'description', 'message', 'key', 'deleted'])
    if (wanted[word]) expect(got[word]).toBe(wanted[word])
  if (wanted.value) alike(got.value as Json, wanted.value as Json, request.method === 'PUT' ? request.body : null)
  if (!Array.isArray(wanted.list) || wanted.list.length === 0) return expect(got.list).toEqual(wanted.list)
  const [one, same] = [got.list as Json[], wanted.list as Json[]].map((list) => list[0] as { key: string; value: Json })
  expect(one?.key).toBe(same?.key)
  alike(one?.value as Json, same?.value as Json, null)
})

/** Same fields, and secrets in clear text, but for those of a PUT's answer. */
function alike(got: Json, wanted: Json, sent: Json | null | undefined): void {
  expect(Object.keys(got).sort()).toEqual(Object.keys(wanted).sort())
  const [ours, theirs] = [secretsIn(got), secretsIn(wanted)]
  expect(ours.length).toBe(theirs.length)
  if (!sent) return expect(ours).toEqual(theirs)
  for (const secret of secretsIn(sent)) expect([...ours, ...theirs]).not.toContain(secret)
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
