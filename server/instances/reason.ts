import type { Viewer } from '../core/viewer.ts'
import type { InstanceRow } from './model.ts'
import { isActive, OUT_OF_MEMORY } from './sync/lifecycle.ts'

/** The reason of a sandbox that had stopped before THON knew it. */
export const FOUND_STOPPED = 'It had already stopped when THON found it.'
/** The reason of sandboxes whose engine stops with the server. */
export const STOPPED_WITH_THON = 'Stopped together with THON.'

/** Why an instance is in its state. Organizers get everything; others get no exit codes and no words of the engine. */
export function reasonFor(viewer: Viewer, row: InstanceRow): string | null {
  return viewer.role === 'organizer' ? row.reason : plainReason(row)
}

/** Which configuration file is missing, and why: only organizers can do something about it. */
export function noticeFor(viewer: Viewer, row: InstanceRow): string | null {
  return viewer.role === 'organizer' ? row.notice : null
}

function plainReason({ state, reason, startedAt }: InstanceRow): string | null {
  if (reason === null || reason === FOUND_STOPPED) return null
  if (reason.startsWith(OUT_OF_MEMORY)) {
    const limit = / \([\d.]+ [GM]iB\)/.exec(reason)?.[0] ?? ''
    return `${OUT_OF_MEMORY}${limit}. Close some programs and start it again.`
  }
  if (reason === STOPPED_WITH_THON) return 'It stopped because the server was stopped.'
  if (isActive(state)) return state === 'Pending' ? 'It could not be paused.' : null
  return startedAt === null ? 'Could not be started. Your organizer has been told.' : 'It stopped unexpectedly.'
}
