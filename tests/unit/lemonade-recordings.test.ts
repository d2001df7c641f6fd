import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { LemonadeClient, LemonadeRefusal, type Json } from '../../server/lemonade/client.ts'
import { PullTracker, readPull } from '../../server/lemonade/pulls.ts'
import {
  readHealth,
  readModels,
  readSlots,
  readStats,
  readSystem,
  readVariants,
} from '../../server/lemonade/responses.ts'
import { UpstreamFailure } from '../../server/upstream/polled-resource.ts'
import { recording } from '../kit/lemonade.ts'
import { ExternalServer } from '../kit/external-server.ts'

// Every response of the real server to THON's requests, errors included.
const names = readdirSync(join(import.meta.dirname, '..', 'fixtures', 'lemonade')).map((file) =>
  file.replace('.json', ''),
)

/** The error message of the real server; null in a success. */
function failureIn({ response: { status, body } }: ReturnType<typeof recording>): string | null {
  if (typeof body === 'string' && body.startsWith('event:')) {
    const failed = body.split('\n\n').find((event) => event.startsWith('event: error'))
    return failed === undefined ? null : describeError(JSON.parse(failed.split('data: ')[1] as string))
  }
  return status < 300 ? null : describeError(body)
}

function describeError(body: unknown): string {
  const { error } = body as { error: string | { message: string } }
  return typeof error === 'string' ? error : error.message
}

const READS: [RegExp, (json: Json) => unknown][] = [
  [/^\/(api\/)?(v0|v1|api\/v[01])?\/?health$/, readHealth],
  [/\/stats$/, (json) => readStats(json, {})],
  [/\/system-stats$/, (json) => readStats({}, json)],
  [/\/system-info$/, readSystem],
  [/\/slots$/, readSlots],
  [/\/models$/, readModels],
  [/\/downloads$/, (json) => new PullTracker().read(json, 0)],
  [/\/variants$/, (json) => readVariants('o/r', json)],
]

test.each(names)('%s is read', async (name) => {
  const recorded = recording(name)
  const { method, path } = recorded.request
  const { status, body, content_type } = recorded.response
  const server = await ExternalServer.start(() => ({ status, body, headers: { 'Content-Type': content_type } }))
  const client = new LemonadeClient({ url: server.url, apiKey: null, adminApiKey: null })
  const answer = method === 'GET' ? client.get(path, { timeoutMs: 5_000 }) : client.post(path, { timeoutMs: 5_000 })
  const failure = failureIn(recorded)
  const outcome = await answer.catch((error: unknown) => error)
  if (content_type.startsWith('text/html')) {
    expect(outcome).toBeInstanceOf(UpstreamFailure)
    expect(outcome).toMatchObject({ kind: 'FAULTY', message: expect.stringContaining('no JSON') as string })
  } else if (failure !== null) {
    expect(outcome).toBeInstanceOf(LemonadeRefusal)
    const { sentence } = outcome as LemonadeRefusal
    expect(failure.replace(/\s+/g, ' ')).toContain(sentence.replace(/…$/, ''))
    expect(sentence.length).toBeGreaterThan(5)
  } else {
    expect(outcome).not.toBeInstanceOf(Error)
    const read = READS.find(([of]) => of.test(path.split('?')[0] as string))?.[1]
    const seen = read?.(outcome as Json)
    if (read) expect(JSON.stringify(seen)).not.toMatch(/undefined|launch|\/usr\//)
  }
})

test('models in memory have slots from their arguments and the effective context', () => {
  const loaded = (name: string) => readHealth(recording(name).response.body as Json).loaded
  expect(loaded('two-health').map(({ name }) => name)).toEqual(['Tiny', 'Tiny-Q8'])
  expect(loaded('two-health-pinned').some(({ pinned }) => pinned)).toBe(true)
  expect(loaded('health-busy')).toMatchObject([{ busy: true, alive: true }])
  expect(loaded('health-ctx-auto')).toMatchObject([{ contextSize: 4096 }])
  // A model that is still loading is not listed, nor is one whose backend died.
  expect([loaded('loading-health'), loaded('backend-dead-health')]).toEqual([[], []])
})

test('a busy slot counts input and output, an idle one only the tokens it keeps', () => {
  const [busy] = readSlots(recording('slots-busy').response.body as Json)
  expect(busy).toEqual({
    ...{ id: 0, processing: true, contextSize: 4096, tokens: 208 },
    ...{ inputTokens: 21, cachedTokens: 8, outputTokens: 187 },
  })
  const [idle] = readSlots(recording('slots-after-chat').response.body as Json)
  expect(idle).toEqual({
    ...{ id: 0, processing: false, contextSize: 4096, tokens: 34 },
    ...{ inputTokens: null, cachedTokens: null, outputTokens: null },
  })
})

test('duplicates, huge numbers and other shapes of a hostile server are left out', () => {
  const model = { id: 'm', labels: [1, 'a'], size: 'x', max_context_window: 2 ** 40 }
  expect(readModels({ data: [model, model, null, { id: '' }] })).toMatchObject([
    { name: 'm', labels: ['a'], sizeGib: null, maxContext: null },
  ])
  const slot = { id: 1, n_ctx: 2 ** 31, is_processing: 'yes' }
  expect(readSlots([slot, slot, { id: 2 ** 40 }])).toMatchObject([{ id: 1, contextSize: null, processing: false }])
  expect(readHealth({ all_models_loaded: [{ model_name: 'a' }, { model_name: 'a' }, 5] }).loaded).toHaveLength(1)
  for (const read of [readHealth, readSystem, readModels])
    expect(() => read([])).toThrow(/^Lemonade returned an unreadable answer: /)
  expect(() => readSlots({})).toThrow(/^Lemonade returned an unreadable answer: /)
  expect(readPull([])).toBeNull()
})
