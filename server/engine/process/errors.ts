import { EngineAway, EngineRefused } from '../engine.ts'

/** Runs a step; what the system refuses becomes an EngineRefused that says what to do. */
export async function orRefused<T>(dir: string, step: () => T | Promise<T>): Promise<T> {
  try {
    return await step()
  } catch (error) {
    if (error instanceof EngineRefused || error instanceof EngineAway) throw error
    throw new EngineRefused(describeSystemError(error, dir), { cause: error })
  }
}

/** Runs a step that looks at all sandboxes; its failure is an EngineAway, since to see nothing is not to know that nothing is there. */
export async function orAway<T>(dir: string, step: () => T | Promise<T>): Promise<T> {
  try {
    return await step()
  } catch (error) {
    throw new EngineAway(describeSystemError(error, dir), { cause: error })
  }
}

/** What to do about an error of the file system or of a process's start, for people. */
function describeSystemError(error: unknown, dir: string): string {
  const { code, message } = error as NodeJS.ErrnoException
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return `The disk of the workspace directory ${dir} is full: free some space, then try again.`
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return `THON may not write to the workspace directory ${dir}: let its user, or set THON_WORKSPACE_DIR to another. (${message})`
    case 'ENOTDIR':
    case 'EEXIST':
      return `A file is in the way of the workspace directory ${dir}: move it, or set THON_WORKSPACE_DIR to another. (${message})`
    case 'EAGAIN':
    case 'EMFILE':
    case 'ENFILE':
    case 'ENOMEM':
      return `This machine is too busy for another sandbox: end one, then try again. (${message})`
    default:
      return `The sandbox could not be served: ${message}`
  }
}
