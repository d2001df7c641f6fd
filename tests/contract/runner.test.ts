import { expect, test } from 'vitest'
import { Captures } from '../kit/conformance/captures.ts'
import { compare } from '../kit/conformance/compare.ts'
import type { Differences } from '../kit/conformance/difference.ts'
import { writeJson } from '../kit/conformance/json.ts'
import { isOfKind } from '../kit/conformance/kinds.ts'
import { replay } from '../kit/conformance/replay.ts'
import { RecordedServer } from '../kit/conformance/recorded-server.ts'
import { toScenario } from '../kit/conformance/scenario.ts'

/** A recorded answer. */
const RECORDED = {
  id: '8c76aa03-45b2-4f17-976f-f178f098d4eb',
  made_at: '2026-11-23T13:32:37.775248',
  port: '8443',
  password: null,
  size: 99999999999999999999n,
  tags: ['a', 'b', 'c'],
}

const SEEN = { volatile_kinds: { '/id': 'uuid', '/made_at': 'datetime', '/port': 'port', '/password': 'token' } }
const MADE = { ...SEEN, capture: { one: '/id' } }

const ANOTHER = { ...RECORDED, id: '00000000-0000-4000-8000-000000000000', made_at: '2027-01-01T00:00:00', port: '1' }

interface Given {
  name: string
  path?: string
  body?: unknown
  [more: string]: unknown
}

function scenario(...steps: Given[]) {
  return toScenario({
    scenario: 'made up',
    env: {},
    steps: steps.map(({ name, path = '/thing', body = RECORDED, ...more }) => ({
      name,
      request: { method: 'GET', path, query: null, headers: {}, body: null },
      response: { status: 200, content_type: 'application/json', headers: {}, body },
      ...more,
    })),
  })
}

/** What the runner reports when the server answers with these bodies, one for each step. */
async function verdict(given: Given[], bodies: unknown[], differences: Differences = {}): Promise<string> {
  const server = await RecordedServer.start()
  const paths = given.map(({ path = '/thing' }) => path.replace('${one}', ANOTHER.id))
  server.play(bodies.map((body, at) => ({ path: paths[at] as string, status: 200, body: writeJson(body) })))
  try {
    await replay(scenario(...given), { base: server.url, differences })
    return 'as recorded'
  } catch (error) {
    return (error as Error).message
  }
}

test('an answer that differs only in volatile values is as recorded', async () => {
  expect(await verdict([{ name: 'make', ...MADE }], [ANOTHER])).toBe('as recorded')
})

test.each([
  ['a missing key', { tags: undefined }, '/tags: missing, wanted ["a","b","c"]'],
  ['an extra key', { more: 1 }, '/more: 1, wanted no such key'],
  ['another value', { tags: ['a', 'x', 'c'] }, '/tags/1: "x", wanted "b"'],
  ['a missing item', { tags: ['a', 'b'] }, '/tags/2: missing, wanted "c"'],
  ['an extra item', { tags: ['a', 'b', 'c', 'd'] }, '/tags/3: "d", wanted no such item'],
  ['another type', { tags: {} }, '/tags: {}, wanted ["a","b","c"]'],
  ['a long number that lost digits', { size: 1e20 }, '/size: 100000000000000000000, wanted 99999999999999999999'],
  ['not a uuid', { id: 'x' }, `/id: "x", wanted uuid like "${RECORDED.id}"`],
  ['a time with a zone instead of one without', { made_at: '2027-01-01T00:00:00Z' }, 'wanted datetime like'],
  ['a number instead of its text', { port: 8443 }, '/port: 8443, wanted port like "8443"'],
  ['port zero', { port: '0' }, '/port: "0", wanted port like "8443"'],
  ['a value instead of null', { password: 'secret' }, '/password: "secret", wanted token like null'],
])('%s is reported with its pointer and both values', async (_what, change, found) => {
  expect(await verdict([{ name: 'make', ...MADE }], [{ ...ANOTHER, ...change }])).toContain(found)
})

test('every differing step is listed, and a reference must equal what was captured', async () => {
  const steps = [
    { name: 'make', ...MADE },
    { name: 'get', path: '/thing/${one}', ...SEEN, refs: { '/id': '${one}' } },
    { name: 'list', path: '/things', body: [] },
  ]
  const report = await verdict(steps, [ANOTHER, RECORDED, {}])
  expect(report).toContain('made up: 2 of 3 steps')
  expect(report).toContain(`[get] GET /thing/\${one}\n    /id: "${RECORDED.id}", wanted "${ANOTHER.id}"`)
  expect(report).toContain('[list] GET /things\n    the body: {}, wanted []')
})

test('a step that needs a missing capture is not sent', async () => {
  expect(await verdict([{ name: 'get', path: '/thing/${nobody}' }], [])).toContain(
    'not sent: no step before has captured nobody',
  )
})

test('a listed difference is checked like a recording', async () => {
  const why = { row: 13, why: 'fewer tags' }
  const edit = { without: ['/tags/0', '/tags/1'], values: { '/size': 1 } }
  const ours = { ...ANOTHER, tags: ['c'], size: 1 }
  const given = [{ name: 'make', ...MADE }]
  expect(await verdict(given, [ours], { make: { ...why, edit } })).toBe('as recorded')
  expect(await verdict(given, [{ ...ours, tags: ['b'] }], { make: { ...why, edit } })).toContain(
    '/tags/0: "b", wanted "c"',
  )
  const answer = { status: 200, body: { id: '${one}', note: /^no/ } }
  expect(await verdict(given, [{ id: 'x', note: 'none' }], { make: { ...why, answer } })).toBe('as recorded')
  expect(await verdict(given, [{ id: 'x', note: 'a' }], { make: { ...why, answer } })).toContain(
    '/note: "a", wanted /^no/',
  )
})

test('a listed difference that no longer exists is reported', async () => {
  const given = [{ name: 'make', ...MADE }]
  const kept = { row: 10, why: 'the port is kept' }
  expect(await verdict(given, [ANOTHER], { make: { ...kept, edit: { values: { '/size': 1 } } } })).toContain(
    'is as recorded, and listed as a difference: row 10, the port is kept',
  )
  // Volatile, so only the exact text distinguishes them.
  const port = { make: { ...kept, edit: { values: { '/port': '1' } } } }
  expect(await verdict(given, [ANOTHER], port)).toBe('as recorded')
  expect(await verdict(given, [{ ...ANOTHER, port: '8443' }], port)).toContain('is as recorded, and listed')
  expect(await verdict(given, [ANOTHER], { made: { ...kept, edit: {} } })).toContain('[made] is listed as a difference')
})

test('another capture can stand in for one that no longer exists', async () => {
  const given = [
    { name: 'make', ...MADE },
    { name: 'make again', path: '/again', ...MADE, capture: { two: '/id' } },
    { name: 'get', path: '/thing/${one}', ...SEEN, refs: { '/id': '${two}' } },
  ]
  const none = { row: 9, why: 'one each', answer: { status: 200, body: {} } }
  const differences = { 'make again': { ...none, stands: { two: 'one' } } }
  expect(await verdict(given, [ANOTHER, {}, ANOTHER], differences)).toBe('as recorded')
  expect(await verdict(given, [ANOTHER, {}, RECORDED], differences)).toContain(`[get] GET`)
})

test.each([
  ['Location by its path', 'location', 'http://one:1/api/groups', '/api/groups', '/api/users'],
  ['Allow as a set', 'allow', 'GET, PUT', 'PUT, GET', 'GET'],
  ['a cookie without its value', 'set-cookie', 'session=a=b; Path=/', 'session=c; Path=/', 'token=a=b; Path=/'],
  ['any other header exactly', 'cache-control', 'no-store', 'no-store', 'no-cache'],
])('headers are compared as clients read them: %s', (_what, name, recorded, same, other) => {
  const answer = (headers: Record<string, string>) => ({ status: 204, contentType: null, headers, body: '', text: '' })
  const wanted = { ...answer({ [name]: recorded }), kinds: {}, refs: {} }
  expect(compare(wanted, answer({ [name]: same }), new Captures())).toEqual([])
  expect(compare(wanted, answer({ [name]: other }), new Captures())).toEqual([
    `header ${name}: "${other}", wanted "${recorded}"`,
  ])
  expect(compare(wanted, answer({}), new Captures())).toEqual([`header ${name}: nothing, wanted "${recorded}"`])
  expect(compare({ ...wanted, headers: {} }, answer({ [name]: other }), new Captures())).toEqual([
    `header ${name}: "${other}", wanted nothing`,
  ])
})

test('steps with the same name are numbered', () => {
  const { steps } = scenario({ name: 'make' }, { name: 'get' }, { name: 'make' }, { name: 'make' })
  expect(steps.map((step) => step.name)).toEqual(['make', 'get', 'make (2)', 'make (3)'])
})

test.each([
  ['contains state', `https://x.example/a?client_id=1&state=${'s'.repeat(43)}`, 'https://x.example/a?client_id=1'],
  ['HTML contains a session token', "<script>token:'v1:ab12:0123456789abcdef'</script>", '<script>token</script>'],
] as const)('%s: a matching value is distinguished from another one', (kind, right, wrong) => {
  expect([isOfKind(kind, right, right), isOfKind(kind, right, wrong)]).toEqual([true, false])
})
