/**
 * The life of an instance, as pure functions. Commands write intent (`intentOf`), the engine's observations write facts
 * (`next`), and whatever the two leave open is what the engine has yet to be told (`todo`). All three are total, so a
 * crash at any moment is mended by asking `todo` again.
 */

export const STATES = ['Pending', 'Running', 'Pausing', 'Paused', 'Stopping', 'Terminated', 'Failed'] as const
export type State = (typeof STATES)[number]

export const COMMANDS = ['pause', 'resume', 'restart', 'kill', 'recreate', 'renew'] as const
export type Command = (typeof COMMANDS)[number]

/** What the engine, or the passing of time, tells about an instance's sandbox. */
export type Observation =
  | { type: 'created' }
  /** Its processes run; code-server may not answer yet. */
  | { type: 'running' }
  /** Its processes run and code-server answers. */
  | { type: 'ready' }
  | { type: 'paused' }
  | { type: 'exited'; exitCode: number | null; outOfMemory: boolean }
  /** The engine has no such sandbox. */
  | { type: 'gone' }
  /** The engine would not do what was asked. */
  | { type: 'refused'; message: string }
  /** A transitional state lasted longer than it may. */
  | { type: 'overdue'; message: string }

/** What the engine has yet to be told. */
export type Todo = 'launch' | 'start' | 'probe' | 'pause' | 'resume' | 'kill' | 'remove' | null

/** The state to be in, and why, where that needs saying; `reason` null clears it. */
export interface Verdict {
  state: State
  reason: string | null
}

/** Whether the instance holds its user's one place. */
export function isActive(state: State): boolean {
  return state !== 'Terminated' && state !== 'Failed'
}

/** Whether nothing is under way. */
export function isSettled(state: State): boolean {
  return state === 'Running' || state === 'Paused' || !isActive(state)
}

const LEGAL: Record<Command, readonly State[]> = {
  pause: ['Running'],
  resume: ['Paused'],
  restart: ['Running', 'Paused'],
  kill: ['Pending', 'Running', 'Pausing', 'Paused', 'Stopping', 'Failed'],
  recreate: ['Running', 'Paused', 'Terminated', 'Failed'],
  renew: ['Pending', 'Running', 'Pausing', 'Paused'],
}

/** Whether the command is legal in this state. */
export function canDo(state: State, command: Command): boolean {
  return LEGAL[command].includes(state)
}

/** The state that a legal command writes down before the engine is told. */
export function intentOf(command: 'pause' | 'resume' | 'restart' | 'kill'): State {
  switch (command) {
    case 'pause':
      return 'Pausing'
    case 'resume':
    case 'restart':
      return 'Pending'
    case 'kill':
      return 'Stopping'
  }
}

/** The state after an observation; null when it changes nothing. */
export function next(state: State, seen: Observation): Verdict | null {
  const verdict = judge(state, seen)
  return verdict && (verdict.state !== state || verdict.reason !== null) ? verdict : null
}

function judge(state: State, seen: Observation): Verdict | null {
  switch (seen.type) {
    case 'created':
      return null
    case 'running':
      // Answering is proved anew, also after a resume or a start by hand.
      return state === 'Paused' || state === 'Terminated' ? to('Pending') : null
    case 'ready':
      return state === 'Pending' ? to('Running') : null
    case 'paused':
      // Pending keeps its intent to run and resumes it; Stopping keeps its intent to end it.
      return state === 'Pausing' || state === 'Running' || state === 'Terminated' ? to('Paused') : null
    case 'exited':
      return afterExit(state, seen)
    case 'gone':
      return afterGone(state)
    case 'refused':
      return afterRefusal(state, seen.message)
    case 'overdue':
      // A pause that does not come leaves a sandbox that runs: prove it. Anything else has failed.
      if (state === 'Pausing') return to('Pending', seen.message)
      return isSettled(state) ? null : to('Failed', seen.message)
  }
}

function afterExit(state: State, exit: { exitCode: number | null; outOfMemory: boolean }): Verdict | null {
  if (!isActive(state)) return null
  if (state === 'Stopping') return to('Terminated')
  if (exit.outOfMemory)
    return to('Failed', 'It ran out of memory and was ended. Raise SANDBOX_MEMORY or close programs in it.')
  const code = exit.exitCode === null ? '' : ` (exit code ${exit.exitCode})`
  if (state === 'Pending') return to('Failed', `It ended before code-server answered${code}.`)
  // 0, SIGTERM and SIGKILL are how people and engines stop a sandbox; anything else is a crash.
  const stopped = exit.exitCode === 0 || exit.exitCode === 143 || exit.exitCode === 137
  return stopped ? to('Terminated', `It was stopped from outside THON${code}.`) : to('Failed', `It crashed${code}.`)
}

function afterGone(state: State): Verdict | null {
  if (!isActive(state)) return null
  if (state === 'Stopping') return to('Terminated')
  return state === 'Pending'
    ? to('Failed', 'It was removed from outside THON while it started.')
    : to('Terminated', 'It was removed from outside THON.')
}

function afterRefusal(state: State, message: string): Verdict | null {
  switch (state) {
    case 'Pending':
      return to('Failed', message)
    case 'Pausing':
      return to('Pending', message)
    case 'Stopping':
    case 'Running':
    case 'Paused':
    case 'Terminated':
    case 'Failed':
      return null
  }
}

function to(state: State, reason: string | null = null): Verdict {
  return { state, reason }
}

/**
 * What is left to tell the engine.
 * @param state the instance's state
 * @param status what the engine last said of its sandbox; null when it has none
 * @param unexplained the instance ended by our own command, so its sandbox is of no more use
 */
export function todo(
  state: State,
  status: 'created' | 'running' | 'paused' | 'exited' | null,
  unexplained: boolean,
): Todo {
  switch (state) {
    case 'Pending':
      return status === null
        ? 'launch'
        : status === 'created'
          ? 'start'
          : status === 'paused'
            ? 'resume'
            : status === 'running'
              ? 'probe'
              : null
    case 'Pausing':
      return status === 'running' ? 'pause' : null
    case 'Stopping':
      return status === null ? null : status === 'exited' ? 'remove' : 'kill'
    case 'Failed':
      return status === null ? null : 'remove'
    case 'Terminated':
      return status === 'exited' && unexplained ? 'remove' : null
    case 'Running':
    case 'Paused':
      return null
  }
}
