import { Conflict, NotFound, Unavailable } from '../core/errors.ts'
import type { Viewer } from '../core/viewer.ts'
import { labelOf, type InstanceRow } from './model.ts'
import type { Command, State } from './sync/lifecycle.ts'

/** The states as people know them, in the middle of a sentence. */
const STATE_WORDS: Record<State, string> = {
  Pending: 'starting',
  Running: 'running',
  Pausing: 'being paused',
  Paused: 'paused',
  Stopping: 'being stopped',
  Terminated: 'stopped',
  Failed: 'failed',
}

/** No such instance, or one that the viewer may not see. */
export function instanceNotFound(id: string): NotFound {
  return new NotFound('This sandbox no longer exists.').withRestMessage(`Instance ${id} not found`)
}

/** No such user, or one that the viewer may not start a sandbox for. */
export function userNotFound(): NotFound {
  return new NotFound('This user no longer exists.')
}

/** The one-instance rule. @param holderId the active instance; null when it stopped a moment ago */
export function alreadyHasSandbox(names: { group: string; username: string }, holderId: string | null): Conflict {
  if (holderId === null) return new Conflict(`The last sandbox of ${labelOf(names)} is still stopping. Try again.`)
  return new Conflict(`${names.username} already has a running sandbox.`).withRestMessage(
    `User ${labelOf(names)} already has instance ${holderId}`,
  )
}

/** The state of the instance does not allow the command. */
export function wrongState(row: InstanceRow, command: Command | 'register' | 'update the files of'): Conflict {
  return new Conflict(`Cannot ${command} ${labelOf(row)}: it is ${STATE_WORDS[row.state]}.`)
}

/** No engine to carry out a command. @param detail what is wrong and what to do, for organizers only */
export function engineUnavailable(viewer: Viewer, detail: string | null): Unavailable {
  if (viewer.role !== 'organizer')
    return new Unavailable("Sandboxes can't be started or stopped right now. VS Code keeps working.")
  return new Unavailable(['The sandbox engine is unavailable.', detail].filter(Boolean).join(' ')).withRestMessage(
    ['Sandbox server unavailable.', detail].filter(Boolean).join(' '),
  )
}
