/** One refused input: which field broke which rule. */
export interface FieldError {
  /** Dotted path of the argument, such as `input.port`. */
  field: string
  /** The rule it broke, as a sentence for people. */
  message: string
}

/** What clients can switch on. GraphQL sends it as `extensions.code`. */
export type ErrorCode =
  | 'INVALID_INPUT'
  | 'TOO_LARGE'
  | 'BAD_REQUEST'
  | 'TOO_MANY'
  | 'NOT_FOUND'
  | 'CONFLICT'
  | 'FORBIDDEN'
  | 'UNAUTHENTICATED'
  | 'UNAVAILABLE'
  | 'UPSTREAM_FAILED'

/**
 * A refusal that people may read. Everything that is not an AppError is masked before it leaves the server, and logged.
 */
export class AppError extends Error {
  readonly code: ErrorCode
  readonly fields: FieldError[]
  /** What REST answers in place of the message, where the contract fixes the sentence for scripts. */
  restMessage: string | null = null

  constructor(code: ErrorCode, message: string, fields: FieldError[] = []) {
    super(message)
    this.name = 'AppError'
    this.code = code
    this.fields = fields
  }

  /** @returns this error, with a sentence of its own for REST */
  withRestMessage(text: string): this {
    this.restMessage = text
    return this
  }
}

/** The caller's input breaks a rule; nothing was changed. */
export class InvalidInput extends AppError {
  constructor(fields: FieldError[]) {
    super('INVALID_INPUT', fields.map((f) => `${f.field}: ${f.message}`).join('; '), fields)
  }
}

/** The caller's input is larger than what can be stored; nothing was changed. */
export class TooLarge extends AppError {
  constructor(field: string, message: string) {
    super('TOO_LARGE', message, [{ field, message }])
  }
}

/** It does not exist, or is not the caller's. */
export class NotFound extends AppError {
  constructor(message: string) {
    super('NOT_FOUND', message)
  }
}

/** Its state, or something else that exists, forbids this. */
export class Conflict extends AppError {
  constructor(message: string, fields: FieldError[] = []) {
    super('CONFLICT', message, fields)
  }
}

/** The caller may not do this. */
export class Forbidden extends AppError {
  constructor(message: string) {
    super('FORBIDDEN', message)
  }
}

/** The caller has to sign in first. */
export class Unauthenticated extends AppError {
  constructor() {
    super('UNAUTHENTICATED', 'Not authenticated')
  }
}

/** The request makes no sense as a whole, though every field keeps its rule. */
export class BadRequest extends AppError {
  constructor(message: string) {
    super('BAD_REQUEST', message)
  }
}

/** Too many requests. */
export class TooMany extends AppError {
  /** Seconds until the caller may try again. */
  readonly retryAfter: number

  constructor(message: string, retryAfter: number) {
    super('TOO_MANY', message)
    this.retryAfter = retryAfter
  }
}

/** Something that this needs does not answer: mostly the sandbox engine. Try again later. */
export class Unavailable extends AppError {
  constructor(message: string) {
    super('UNAVAILABLE', message)
  }
}

/** The disk with the database is full. */
export class DiskFull extends Unavailable {
  constructor() {
    super(
      "The disk with THON's database is full. Nothing was changed and nothing is lost. Free some space and try again.",
    )
  }
}

/** Whether SQLite failed because the disk is full, by its message. */
export function isDiskFull(error: unknown): boolean {
  return (
    error instanceof Error && /database or disk is full|SQLITE_FULL/.test(`${error.message} ${JSON.stringify(error)}`)
  )
}

/** Another server answered that it could not do it, or with something that cannot be read. */
export class UpstreamFailed extends AppError {
  constructor(message: string) {
    super('UPSTREAM_FAILED', message)
  }
}

/** How Node calls it when the other side of a connection is gone. */
const DISCONNECTS = new Set(['ECONNRESET', 'EPIPE', 'ECANCELED', 'ERR_STREAM_PREMATURE_CLOSE', 'ERR_STREAM_DESTROYED'])

/** Whether a client hung up while it was served. It happens all the time, and says nothing about THON. */
export function isDisconnect(error: unknown): boolean {
  const { code, name } = (error ?? {}) as { code?: string; name?: string }
  return DISCONNECTS.has(code ?? '') || name === 'AbortError'
}

/** The message of anything that was thrown, for people and for logs. */
export function describeError(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
