import { expect, test } from 'vitest'
import type { Instance } from '../../prisma/generated/client/client.ts'
import { organizer, type Viewer } from '../../server/core/viewer.ts'
import { reasonFor } from '../../server/instances/reason.ts'

const participant: Viewer = { ...organizer, role: 'participant' }

test.for([
  [
    'It ran out of memory (2 GiB). Raise SANDBOX_MEMORY.',
    'It ran out of memory (2 GiB). Close some programs and start it again.',
  ],
  ['It ran out of memory. Raise SANDBOX_MEMORY.', 'It ran out of memory. Close some programs and start it again.'],
  ['Stopped outside THON, exit code 137.', 'It stopped unexpectedly.'],
  ['It was stopped from outside THON (exit code 137).', 'It stopped unexpectedly.'],
  ['Stopped together with THON.', 'It stopped because the server was stopped.'],
  ['It had already stopped when THON found it.', null],
  [null, null],
] as const)('"%s" is "%s" for participants', ([reason, words]) => {
  const row = { state: 'Terminated', reason, startedAt: new Date(0) } as Instance
  expect(reasonFor(participant, row)).toBe(words)
  expect(reasonFor(organizer, row)).toBe(reason)
})

test('a sandbox that never ran could not be started', () => {
  const reason = 'Image thon:1 is not on this machine. Set SANDBOX_IMAGE.'
  const row = { state: 'Failed', reason, startedAt: null } as Instance
  expect(reasonFor(participant, row)).toBe('Could not be started. Your organizer has been told.')
})

test('a sandbox that runs on says no more than that its pause failed', () => {
  const row = { state: 'Pending', reason: 'cgroup is frozen', startedAt: new Date(0) } as Instance
  expect(reasonFor(participant, row)).toBe('It could not be paused.')
  expect(reasonFor(participant, { ...row, state: 'Running' })).toBeNull()
})
