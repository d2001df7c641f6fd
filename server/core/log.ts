import { pino, type Logger } from 'pino'

/** The server's log: one JSON object per line on standard error, with secrets redacted. */
export type Log = Logger

/** @param level pino's level name, or `silent` */
export function createLog(level: string): Log {
  return pino(
    {
      level,
      redact: {
        paths: ['password', '*.password', 'authorization', '*.authorization', 'cookie', '*.cookie'],
        censor: '***',
      },
    },
    pino.destination(2),
  )
}
