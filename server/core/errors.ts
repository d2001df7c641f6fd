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

/** The caller's input is larger than what is stored; nothing was changed. */
export class TooLarge extends AppError {
  constructor(field: string, message: string) {
    super('TOO_LARGE', message, [{ field, message }])
  }
}

/** There is no such thing. */
export class NotFound extends AppError {
  constructor(message: string) {
    super('NOT_FOUND', message)
  }
}

/** It exists, but its present state, or something else that exists, forbids this. */
export class Conflict extends AppError {
  constructor(message: string, fields: FieldError[] = []) {
    super('CONFLICT', message, fields)
  }
}

/** Known, but not allowed to do this. */
export class Forbidden extends AppError {
  constructor(message: string) {
    super('FORBIDDEN', message)
  }
}

/** Nobody is signed in, and this needs somebody. */
export class Unauthenticated extends AppError {
  constructor() {
    super('UNAUTHENTICATED', 'Not authenticated')
  }
}

/** Asked for in a way that nobody could do it; the input itself keeps all rules. */
export class BadRequest extends AppError {
  constructor(message: string) {
    super('BAD_REQUEST', message)
  }
}

/** Asked too often. */
export class TooMany extends AppError {
  /** Seconds until it may be asked again. */
  readonly retryAfter: number

  constructor(message: string, retryAfter: number) {
    super('TOO_MANY', message)
    this.retryAfter = retryAfter
  }
}

/** Something outside THON that this needs does not answer: the sandbox engine, mostly. Try again later. */
export class Unavailable extends AppError {
  constructor(message: string) {
    super('UNAVAILABLE', message)
  }
}

/** There is no room for what the database was to write. */
export class DiskFull extends Unavailable {
  constructor() {
    super(
      "The disk with THON's database is full. Nothing was changed, and nothing is lost: make some room and try again.",
    )
  }
}

/** Whether SQLite failed for want of room, by what it says. */
export function isDiskFull(error: unknown): boolean {
  return (
    error instanceof Error && /database or disk is full|SQLITE_FULL/.test(`${error.message} ${JSON.stringify(error)}`)
  )
}

/** Something outside THON was asked, answered, and could not do it. */
export class UpstreamFailed extends AppError {
  constructor(message: string) {
    super('UPSTREAM_FAILED', message)
  }
}

/** The text of whatever was thrown, for reasons shown to people and for logs. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
