import { pino, type Logger } from 'pino'

/** The server's own log: one JSON object a line, on standard error. Secrets are redacted wherever they may turn up. */
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
