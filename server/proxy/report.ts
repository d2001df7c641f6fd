import { noteProcessFailure } from '../core/process-failures.ts'
import type { Log } from '../core/log.ts'
import { reportBadAnswer } from './messages.ts'
import type { Report } from './protocol.ts'

/** Writes what the proxy reports into THON's log, and counts errors that no handler of it caught. */
export function logReport(log: Log, report: Report): void {
  switch (report.kind) {
    case 'processFailed':
      noteProcessFailure(report.failure, (failure) =>
        log.error(failure, 'no handler of the proxy caught an error; it goes on'),
      )
      break
    case 'badAnswer':
      reportBadAnswer(log, report.sandbox, report.fault)
      break
    case 'requestFailed':
      log.error({ err: report }, `a request failed in the proxy (${report.where})`)
  }
}
