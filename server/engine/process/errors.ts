import { EngineUnavailable, EngineRefused } from '../engine.ts'

/** Runs a step; an error of the system becomes an EngineRefused that says what to do. */
export async function orRefused<T>(dir: string, step: () => T | Promise<T>): Promise<T> {
  try {
    return await step()
  } catch (error) {
    if (error instanceof EngineRefused || error instanceof EngineUnavailable) throw error
    throw new EngineRefused(describeSystemError(error, dir), { cause: error })
  }
}

/** Runs a step that concerns all sandboxes; its failure becomes an EngineUnavailable, because it must not look like an empty list. */
export async function orAway<T>(dir: string, step: () => T | Promise<T>): Promise<T> {
  try {
    return await step()
  } catch (error) {
    if (error instanceof EngineUnavailable) throw error
    throw new EngineUnavailable(describeSystemError(error, dir), { cause: error })
  }
}

/** What happened in the file system or when a process started, and what to do. */
function describeSystemError(error: unknown, dir: string): string {
  const { code, message } = error as NodeJS.ErrnoException
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return `The disk of the workspace directory ${dir} is full. Free some space, then try again.`
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return `THON may not write to the workspace directory ${dir}. Let its user write there, or set THON_WORKSPACE_DIR to another directory. (${message})`
    case 'ENOTDIR':
    case 'EEXIST':
      return `A file is in the way of the workspace directory ${dir}. Move it, or set THON_WORKSPACE_DIR to another directory. (${message})`
    case 'EAGAIN':
    case 'EMFILE':
    case 'ENFILE':
    case 'ENOMEM':
      return `This machine has no resources left for another sandbox. Stop one, then try again. (${message})`
    default:
      return `The embedded engine failed. Try again, and check THON's log if it fails again. (${message})`
  }
}
