import { withoutSecrets } from './log.ts'

/** An error that no handler caught. Each is a bug, and none ends the process. */
export interface ProcessFailure {
  kind: 'unhandledRejection' | 'uncaughtException'
  message: string
  stack: string | undefined
}

let count = 0

/** Errors that no handler caught, in this process and in its proxy, since this process started. */
export function processFailures(): number {
  return count
}

/** Counts and reports one; also one that the proxy process has sent. */
export function noteProcessFailure(failure: ProcessFailure, report: (failure: ProcessFailure) => void): void {
  count += 1
  report(failure)
}

/**
 * Keeps the process alive when an error reaches no handler: thousands of people must not lose their connections by it.
 * @returns a function that stops it
 */
export function surviveFailures(report: (failure: ProcessFailure) => void): () => void {
  const listener = (kind: ProcessFailure['kind']) => (error: unknown) => {
    const { message, stack } = error instanceof Error ? error : { message: String(error), stack: undefined }
    noteProcessFailure({ kind, message: withoutSecrets(message), stack: stack && withoutSecrets(stack) }, report)
  }
  const [rejected, thrown] = [listener('unhandledRejection'), listener('uncaughtException')]
  process.on('unhandledRejection', rejected).on('uncaughtException', thrown)
  return () => void process.off('unhandledRejection', rejected).off('uncaughtException', thrown)
}
