import { describe, expect, test } from 'vitest'
import {
  canDo,
  COMMANDS,
  intentOf,
  isActive,
  isSettled,
  next,
  STATES,
  todo,
  type Observation,
  type State,
} from '../../server/instances/sync/lifecycle.ts'

const crash: Observation = { type: 'exited', exitCode: 1, outOfMemory: false, memoryBytes: null }
const stop: Observation = { type: 'exited', exitCode: 143, outOfMemory: false, memoryBytes: null }
const oom: Observation = { type: 'exited', exitCode: 137, outOfMemory: true, memoryBytes: 1.5 * 2 ** 30 }

/** State × observation → the state after it, with the beginning of its reason; "=" means no change. */
const STEPS: Record<State, Record<string, string>> = {
  Pending: {
    ...{ created: '=', running: '=', ready: 'Running', paused: '=', gone: 'Failed: Removed outside THON while' },
    ...{
      crash: 'Failed: Stopped before code-server answered, exit code 1.',
      refused: 'Failed: no',
      overdue: 'Failed: late',
    },
    ...{
      stop: 'Failed: Stopped before code-server answered, exit code 143.',
      oom: 'Failed: It ran out of memory (1.5 GiB). Raise',
    },
  },
  Running: {
    ...{
      created: '=',
      running: '=',
      ready: '=',
      paused: 'Paused',
      gone: 'Terminated: Removed outside THON.',
    },
    ...{
      crash: 'Failed: Crashed, exit code 1.',
      stop: 'Terminated: Stopped outside THON, exit code 143.',
    },
    ...{ oom: 'Failed: It ran out of memory (1.5 GiB). Raise', refused: '=', overdue: '=' },
  },
  Pausing: {
    ...{
      created: '=',
      running: '=',
      ready: '=',
      paused: 'Paused',
      gone: 'Terminated: Removed outside THON.',
    },
    ...{
      crash: 'Failed: Crashed, exit code 1.',
      stop: 'Terminated: Stopped outside THON, exit code 143.',
    },
    ...{ oom: 'Failed: It ran out of memory (1.5 GiB). Raise', refused: 'Pending: no', overdue: 'Pending: late' },
  },
  Paused: {
    ...{
      created: '=',
      running: 'Pending',
      ready: '=',
      paused: '=',
      gone: 'Terminated: Removed outside THON.',
    },
    ...{
      crash: 'Failed: Crashed, exit code 1.',
      stop: 'Terminated: Stopped outside THON, exit code 143.',
    },
    ...{ oom: 'Failed: It ran out of memory (1.5 GiB). Raise', refused: '=', overdue: '=' },
  },
  Stopping: {
    ...{ created: '=', running: '=', ready: '=', paused: '=', gone: 'Terminated', crash: 'Terminated' },
    ...{ stop: 'Terminated', oom: 'Terminated', refused: '=', overdue: 'Failed: late' },
  },
  Terminated: {
    ...{ created: '=', running: 'Pending', ready: '=', paused: 'Paused', gone: '=', crash: '=', stop: '=', oom: '=' },
    ...{ refused: '=', overdue: '=' },
  },
  Failed: {
    ...{ created: '=', running: '=', ready: '=', paused: '=', gone: '=', crash: '=', stop: '=', oom: '=' },
    ...{ refused: '=', overdue: '=' },
  },
}

const OBSERVATIONS: Record<string, Observation> = {
  ...{
    created: { type: 'created' },
    running: { type: 'running' },
    ready: { type: 'ready' },
    paused: { type: 'paused' },
  },
  ...{ gone: { type: 'gone' }, crash, stop, oom },
  ...{ refused: { type: 'refused', message: 'no' }, overdue: { type: 'overdue', message: 'late' } },
}

describe('every state under every observation', () => {
  const cases = STATES.flatMap((state) =>
    Object.keys(OBSERVATIONS).map((seen) => ({ state, seen, after: STEPS[state][seen] as string })),
  )

  test.for(cases)('$state after $seen: $after', ({ state, seen, after }) => {
    const verdict = next(state, OBSERVATIONS[seen] as Observation)
    const [wanted, reason] = after.split(': ')
    if (after === '=') expect(verdict).toBeNull()
    else expect(verdict?.state).toBe(wanted)
    if (reason) expect(verdict?.reason?.startsWith(reason)).toBe(true)
    else expect(verdict?.reason ?? null).toBeNull()
  })

  test('a repeated observation changes nothing, except in Pending', () => {
    for (const state of STATES)
      for (const seen of Object.values(OBSERVATIONS)) {
        const verdict = next(state, seen)
        if (verdict && verdict.state !== 'Pending') expect(next(verdict.state, seen)).toBeNull()
      }
  })

  test.for([
    [0, 'Terminated'],
    [137, 'Terminated'],
    [143, 'Terminated'],
    [2, 'Failed'],
    [139, 'Failed'],
    [null, 'Failed'],
  ] as const)('exit code %s turns Running into %s', ([exitCode, state]) => {
    const verdict = next('Running', { type: 'exited', exitCode, outOfMemory: false, memoryBytes: null })
    expect(verdict?.state).toBe(state)
    if (exitCode === null) expect(verdict?.reason).not.toContain('null')
    else expect(verdict?.reason).toContain(`exit code ${exitCode}`)
  })
})

test('each state allows the commands of the manual', () => {
  const legal = Object.fromEntries(STATES.map((state) => [state, COMMANDS.filter((one) => canDo(state, one))]))
  expect(legal).toEqual({
    Pending: ['kill', 'renew'],
    Running: ['pause', 'restart', 'kill', 'recreate', 'renew'],
    Pausing: ['kill', 'renew'],
    Paused: ['resume', 'restart', 'kill', 'recreate', 'renew'],
    Stopping: ['kill'],
    Terminated: ['recreate'],
    Failed: ['kill', 'recreate'],
  })
})

test('kill is legal in every active state', () => {
  for (const state of STATES) if (isActive(state)) expect(canDo(state, 'kill')).toBe(true)
})

test('commands write their intent', () => {
  const intents = (['pause', 'resume', 'restart', 'kill'] as const).map(intentOf)
  expect(intents).toEqual(['Pausing', 'Pending', 'Pending', 'Stopping'])
})

test('the ended states hold no place, and states that are passed through are not settled', () => {
  expect(STATES.filter((state) => !isActive(state))).toEqual(['Terminated', 'Failed'])
  expect(STATES.filter((state) => !isSettled(state))).toEqual(['Pending', 'Pausing', 'Stopping'])
})

test('the next command follows from state and status', () => {
  const statuses = [null, 'created', 'running', 'paused', 'exited'] as const
  const table = Object.fromEntries(STATES.map((state) => [state, statuses.map((status) => todo(state, status, true))]))
  expect(table).toEqual({
    //         no sandbox  created   running   paused    exited
    Pending: ['launch', 'start', 'probe', 'resume', null],
    Running: [null, null, null, null, null],
    Pausing: [null, null, 'pause', null, null],
    Paused: [null, null, null, null, null],
    Stopping: [null, 'kill', 'kill', 'kill', 'remove'],
    Terminated: [null, null, null, null, 'remove'],
    Failed: [null, 'remove', 'remove', 'remove', 'remove'],
  })
})

test('a sandbox stopped outside THON is kept', () => {
  expect(todo('Terminated', 'exited', false)).toBeNull()
})

test('commands lead to a state that needs none', () => {
  const effect = {
    launch: 'created',
    start: 'running',
    resume: 'running',
    pause: 'paused',
    kill: 'exited',
    remove: null,
  } as const
  for (const state of STATES)
    for (const status of [null, 'created', 'running', 'paused', 'exited'] as const) {
      let at: { state: State; status: 'created' | 'running' | 'paused' | 'exited' | null } = { state, status }
      for (let step = 0; step < 8; step++) {
        const left = todo(at.state, at.status, true)
        if (left === null) break
        const seen = left === 'probe' ? 'running' : effect[left]
        const verdict = left === 'probe' ? next(at.state, { type: 'ready' }) : next(at.state, observed(seen))
        at = { state: verdict?.state ?? at.state, status: seen }
      }
      expect(todo(at.state, at.status, true), `${state}, ${status}`).toBeNull()
    }
})

function observed(status: 'created' | 'running' | 'paused' | 'exited' | null): Observation {
  if (status === null) return { type: 'gone' }
  return status === 'exited' ? stop : { type: status }
}
