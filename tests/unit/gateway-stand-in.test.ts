import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ApisixStandIn } from '../kit/apisix.ts'

const DIR = join(import.meta.dirname, '..', 'fixtures', 'apisix')

interface Recording {
  request: { method?: string; path: string; headers?: Record<string, string>; body?: unknown }
  response: { status: number; body_raw?: string; body?: unknown }
}

/** What was there when a recording was made. */
function before(name: string, apisix: ApisixStandIn): void {
  apisix.put('team1-alice', { plugins: { 'key-auth': { key: 'sk-alice-0001' } } })
  for (let n = 0; n < 14; n++) apisix.put(`x${n}_`)
  apisix.etcdDown = name.startsWith('etcd-down')
  apisix.isShut = name === 'admin-ip-not-allowed.json'
}

test.each(readdirSync(DIR))('%s is answered as the real one did', async (name) => {
  const { request, response } = JSON.parse(readFileSync(join(DIR, name), 'utf8')) as Recording
  const apisix = await ApisixStandIn.start()
  before(name, apisix)
  const answer = await fetch(apisix.server.url + request.path, {
    method: request.method ?? 'GET',
    headers: request.headers ?? {},
    ...(request.body !== null && request.body !== undefined && { body: JSON.stringify(request.body) }),
  })
  const text = await answer.text()
  expect(answer.status).toBe(response.status)
  if (answer.status === 403) return expect(text).toContain('<title>403 Forbidden</title>')
  const wanted = JSON.parse(response.body_raw ?? '') as Record<string, unknown>
  const got = JSON.parse(text) as Record<string, unknown>
  expect(Object.keys(got).sort()).toEqual(Object.keys(wanted).sort())
  if (wanted.error_msg) expect(got.error_msg).toBe(wanted.error_msg)
  if (wanted.list) expect(got).toEqual(wanted)
})
