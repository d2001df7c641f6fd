import type { Sandbox } from '../../engine/engine.ts'

/**
 * The life of an instance, as pure functions. Commands write intent (`intentOf`), observations of the engine write facts
 * (`next`), and `todo` says which command the engine still has to carry out. All three are total: after a crash it is
 * enough to ask `todo` again.
 */

export const STATES = ['Pending', 'Running', 'Pausing', 'Paused', 'Stopping', 'Terminated', 'Failed'] as const
export type State = (typeof STATES)[number]

export const COMMANDS = ['pause', 'resume', 'restart', 'kill', 'recreate', 'renew'] as const
export type Command = (typeof COMMANDS)[number]

/** What happened to an instance's sandbox, as the engine reports it or as time shows it. */
export type Observation =
  | { type: 'created' }
  /** Its processes run; code-server may not answer yet. */
  | { type: 'running' }
  /** Its processes run and code-server answers. */
  | { type: 'ready' }
  | { type: 'paused' }
  /** @property memoryBytes its limit; null is unlimited */
  | { type: 'exited'; exitCode: number | null; outOfMemory: boolean; memoryBytes: number | null }
  /** The engine has no such sandbox. */
  | { type: 'gone' }
  /** The engine refused a command. */
  | { type: 'refused'; message: string }
  /** A transitional state exceeded its deadline. */
  | { type: 'overdue'; message: string }

/** The observation that a sandbox amounts to, as the engine lists it. @param memoryBytes its limit; null is unlimited */
export function observationOf(sandbox: Sandbox, memoryBytes: number | null): Observation {
  const { status, exitCode, outOfMemory } = sandbox
  return status === 'exited' ? { type: status, exitCode, outOfMemory, memoryBytes } : { type: status }
}

/** The next command for the engine. */
export type Todo = 'launch' | 'start' | 'probe' | 'pause' | 'resume' | 'kill' | 'remove' | null

/** A new state, and the reason for organizers where there is one; `reason` null clears it. */
export interface Verdict {
  state: State
  reason: string | null
}

/** How the reason of a sandbox that ran out of memory begins; the limit follows in parentheses. */
export const OUT_OF_MEMORY = 'It ran out of memory'

/** Whether the instance counts as its user's one sandbox. */
export function isActive(state: State): boolean {
  return state !== 'Terminated' && state !== 'Failed'
}

/** Whether no change of state is under way. */
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

/** Whether the command is legal in the state. */
export function canDo(state: State, command: Command): boolean {
  return LEGAL[command].includes(state)
}

/** The state that a legal command writes before the engine gets it. */
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
      // Readiness is probed again, also after a resume or a start by hand.
      return state === 'Paused' || state === 'Terminated' ? to('Pending') : null
    case 'ready':
      return state === 'Pending' ? to('Running') : null
    case 'paused':
      // Pending keeps its intent to run and resumes it; Stopping keeps its intent to stop it.
      return state === 'Pausing' || state === 'Running' || state === 'Terminated' ? to('Paused') : null
    case 'exited':
      return afterExit(state, seen)
    case 'gone':
      return afterGone(state)
    case 'refused':
      return afterRefusal(state, seen.message)
    case 'overdue':
      // A sandbox that could not be paused still runs: probe it. Anything else has failed.
      if (state === 'Pausing') return to('Pending', seen.message)
      return isSettled(state) ? null : to('Failed', seen.message)
  }
}

function afterExit(state: State, exit: Extract<Observation, { type: 'exited' }>): Verdict | null {
  if (!isActive(state)) return null
  if (state === 'Stopping') return to('Terminated')
  if (exit.outOfMemory) {
    const limit = exit.memoryBytes === null ? '' : ` (${gib(exit.memoryBytes)})`
    return to('Failed', `${OUT_OF_MEMORY}${limit}. Raise SANDBOX_MEMORY, or close programs in it.`)
  }
  const code = exit.exitCode === null ? '' : `, exit code ${exit.exitCode}`
  if (state === 'Pending') return to('Failed', `Stopped before code-server answered${code}.`)
  // 0, SIGTERM and SIGKILL are how people and engines stop a sandbox; anything else is a crash.
  const stopped = exit.exitCode === 0 || exit.exitCode === 143 || exit.exitCode === 137
  return stopped ? to('Terminated', `Stopped outside THON${code}.`) : to('Failed', `Crashed${code}.`)
}

function afterGone(state: State): Verdict | null {
  if (!isActive(state)) return null
  if (state === 'Stopping') return to('Terminated')
  return state === 'Pending'
    ? to('Failed', 'Removed outside THON while it was starting.')
    : to('Terminated', 'Removed outside THON.')
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

/** `2 GiB`, `1.5 GiB`, `512 MiB`. */
function gib(bytes: number): string {
  return bytes < 2 ** 30 ? `${Math.round(bytes / 2 ** 20)} MiB` : `${Number((bytes / 2 ** 30).toFixed(1))} GiB`
}

function to(state: State, reason: string | null = null): Verdict {
  return { state, reason }
}

/**
 * The command that the engine still has to carry out.
 * @param status of the sandbox, as the engine last reported it; null when there is no sandbox
 * @param unexplained the instance was stopped by a command, so its stopped sandbox can go
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
