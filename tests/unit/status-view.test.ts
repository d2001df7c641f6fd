import { describe, expect, test } from 'vitest'
import type { Instance } from '../../prisma/generated/client/client.ts'
import { statusViewOf, type StatusViewInput } from '../../server/proxy/status-view.ts'

const READY = new Date(0)

function view(instance: Partial<Instance> | null, input: Partial<StatusViewInput> = {}) {
  return statusViewOf({
    instance: instance && ({ reason: null, startedAt: READY, ...instance } as Instance),
    ...{ engineConnected: true, queuePlace: null, progress: null },
    ...{ mayResume: true, mayStart: true, isOperator: false, ...input },
  })
}

describe('why a sandbox stopped', () => {
  test.for([
    [{ reason: 'It ran out of memory (limit 1g). Raise SANDBOX_MEMORY.' }, 'It ran out of memory.'],
    [{ reason: 'It was stopped from outside THON (exit code 137).' }, 'It stopped unexpectedly.'],
    [{ reason: 'Image thon:1 is not on this machine. Set SANDBOX_IMAGE.', startedAt: null }, "It couldn't be started."],
  ] as const)('%j is "%s" for participants, who read no operator text', ([instance, words]) => {
    const { detail } = view({ state: 'Failed', ...instance })
    expect(detail).toContain(words)
    expect(detail).not.toMatch(/exit code|THON|SANDBOX_|image/i)
    expect(view({ state: 'Failed', ...instance }, { isOperator: true }).detail).toBe(instance.reason)
  })

  test('is left out where there is no reason', () => {
    expect(view({ state: 'Terminated' })).toMatchObject({ title: 'Your sandbox was stopped', detail: null })
  })
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
