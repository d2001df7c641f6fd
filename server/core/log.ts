import { pino, type Logger } from 'pino'

/** The server's log: one JSON object per line on standard error, with secrets redacted. */
export type Log = Logger

/** API tokens, session cookies, sandbox cookies, and one-time codes, wherever they stand in a text. */
const SECRETS =
  /thon_[\w-]{16,}|v1(?::|%3a)[\w-]{8,}(?::|%3a)[\w-]{8,}|(?<=(?:bearer|basic) )[\w.~+/=-]{6,}|(?<=\b(?:code|thon-pass[-\d]*)=)[\w.-]{16,}/gi

/** A text without what would let its reader in. */
export function withoutSecrets(text: string): string {
  return text.replace(SECRETS, '***')
}

/** @param level pino's level name, or `silent` */
export function createLog(level: string): Log {
  return pino(
    {
      level,
      redact: {
        paths: ['password', '*.password', 'authorization', '*.authorization', 'cookie', '*.cookie'],
        censor: '***',
      },
      // Messages of errors quote what they could not read.
      hooks: { streamWrite: withoutSecrets },
    },
    pino.destination(2),
  )
}
