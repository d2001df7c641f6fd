import { expect, test } from 'vitest'
import { startApp } from '../kit/app.ts'
import { Captures } from '../kit/conformance/captures.ts'
import { compareCalls, RecordedServer } from '../kit/conformance/recorded-server.ts'
import { replay } from '../kit/conformance/replay.ts'
import { loadScenario, type Call, type Reply, type Step } from '../kit/conformance/scenario.ts'
import { send } from '../kit/conformance/send.ts'

/** What the Python THON's SDK asked its sandbox server in a step, and the replies. */
function recordedAt(name: string): { calls: Call[]; replies: Reply[] } {
  const step = loadScenario('instances-upstream').steps.find((one) => one.name === name) as Step
  const calls = step.upstream.opensandbox ?? []
  return { calls, replies: step.upstream_replies }
}

/** Repeats a recorded call. */
async function make(server: RecordedServer, call: Call) {
  const { method, path, headers, body_raw } = call
  const request = { method, path, query: null, headers, body: body_raw ?? null, raw: true }
  const [step] = loadScenario('instances-upstream').steps
  return send(server.url, { ...(step as Step), request }, new Captures())
}

test('an external server is replayed with status and body of every call', async () => {
  const { calls, replies } = recordedAt('create, no volume')
  expect(calls.length).toBeGreaterThan(1)
  const server = await RecordedServer.start()
  server.play(replies)
  for (const call of calls) {
    const reply = replies.find((one) => one.path === call.path) as Reply
    const { status, text } = await make(server, call)
    expect({ status, text }).toEqual({ status: reply.status, text: reply.body })
  }
  expect(compareCalls(calls, server.taken())).toEqual([])
})

test('calls that differ from the recording are reported with their differences', async () => {
  const { calls, replies } = recordedAt('renew')
  const [renewal] = calls as [Call]
  const server = await RecordedServer.start()
  server.play(replies)
  await make(server, {
    ...renewal,
    headers: { ...renewal.headers, 'open-sandbox-api-key': 'another', 'x-of-its-own': 'free', 'user-agent': 'THON' },
    body_raw: '{"expiresAt":"tomorrow","more":1}',
  })
  expect(compareCalls(calls, server.taken())).toEqual([
    '/0/headers/open-sandbox-api-key: "another", wanted "golden-key"',
    expect.stringMatching(/^\/0\/body\/expiresAt: "tomorrow", wanted "2026-/),
    '/0/body/more: 1, wanted no such key',
  ])
  expect(compareCalls(calls, server.taken())).toEqual([expect.stringMatching(/^\/0: missing, wanted /)])
})

test('volatile values in a call are compared by their kind', async () => {
  const { calls, replies } = recordedAt('renew')
  const [renewal] = calls as [Call]
  const server = await RecordedServer.start()
  server.play(replies)
  await make(server, { ...renewal, body_raw: '{"expiresAt":"later"}' })
  expect(compareCalls(calls, server.taken(), { kinds: { '/0/body/expiresAt': 'token' }, refs: {} })).toEqual([])
})

test('a call without a recorded reply is refused, and replies are used once', async () => {
  const { calls, replies } = recordedAt('pause')
  const [pause] = calls as [Call]
  const server = await RecordedServer.start()
  server.play(replies)
  expect((await make(server, pause)).status).toBe(202)
  const { status, text } = await make(server, pause)
  expect({ status, text }).toEqual({ status: 501, text: `no reply is recorded for POST ${pause.path}` })
})

test('a replay reports missing and additional calls', async () => {
  const { calls } = recordedAt('renew')
  const app = await startApp()
  const external = await RecordedServer.start()
  const step = { ...(loadScenario('groups-crud').steps[0] as Step), upstream: { opensandbox: calls } }
  const again = { ...step, name: 'again', upstream: {} }
  const run = replay(
    { scenario: 'made up', env: {}, steps: [step, again] },
    {
      base: app.url,
      differences: {},
      before: async ({ name }) => {
        if (name === 'again') await make(external, calls[0] as Call)
      },
      after: ({ upstream }) => compareCalls(upstream.opensandbox ?? [], external.taken()),
    },
  )
  await expect(run).rejects.toThrow(/2 of 2 steps[^]*\/0: missing, wanted [^]*\/0: .*, wanted no such item/)
})
