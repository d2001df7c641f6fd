import { expect, test } from 'vitest'
import type { Instance } from '../../prisma/generated/client/client.ts'
import { statusViewOf, type StatusViewInput } from '../../server/proxy/status-view.ts'

function view(instance: Partial<Instance> | null, input: Partial<StatusViewInput> = {}) {
  return statusViewOf({
    instance: instance && (instance as Instance),
    ...{ engineConnected: true, queuePlace: null, progress: null },
    ...{ reason: null, mayResume: true, mayStart: true, ...input },
  })
}

test.for([null, 'It stopped unexpectedly.'])('a stopped sandbox shows its reason, here %j', (reason) => {
  expect(view({ state: 'Terminated' }, { reason })).toMatchObject({ title: 'Your sandbox was stopped', detail: reason })
})

test.for([
  [1, 'You are next.'],
  [2, '1 person ahead of you.'],
  [47, '46 people ahead of you.'],
] as const)('place %i in line reads "%s"', ([queuePlace, detail]) => {
  const text = 'You are in line. This page opens VS Code for you.'
  expect(view({ state: 'Pending' }, { queuePlace })).toMatchObject({ text, detail })
})

test('without the right to start or resume, a person is sent to the organizer', () => {
  const input = { mayStart: false, mayResume: false }
  for (const instance of [null, { state: 'Paused' }, { state: 'Terminated' }, { state: 'Failed' }] as const) {
    const { text, action } = view(instance, input)
    expect([action, text]).toEqual([null, expect.stringContaining('Ask your organizer')])
  }
})
