import { z, type RouteConfig } from '@hono/zod-openapi'
import { AppError, DiskFull, isDiskFull, describeError, TooMany, type ErrorCode } from '../core/errors.ts'
import type { Log } from '../core/log.ts'
import { BadBody } from './body.ts'
import { Unprocessable } from './validation-errors.ts'

/** The HTTP status of each error code. */
const STATUS = {
  INVALID_INPUT: 422,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  CONFLICT: 409,
  UNAVAILABLE: 503,
  UPSTREAM_FAILED: 502,
  TOO_LARGE: 413,
  BAD_REQUEST: 400,
  TOO_MANY: 429,
} as const satisfies Record<ErrorCode, number>

/** The answer to a refused request. */
export interface HttpError {
  status: number
  body: { detail: unknown }
  /** The rest of the request was not read, so the connection cannot serve another. */
  close: boolean
  /** Seconds until the caller may try again. */
  retryAfter?: number
}

/** The answer to an error, in FastAPI's shape. Anything unexpected is a bug: it is logged and its message is not shown. */
export function httpErrorOf(error: unknown, log: Log): HttpError {
  if (error instanceof Unprocessable) return { status: 422, body: { detail: error.faults }, close: false }
  if (error instanceof BadBody)
    return { status: error.status, body: { detail: error.message }, close: error.status !== 400 }
  if (error instanceof TooMany)
    return { status: 429, body: { detail: error.message }, close: false, retryAfter: error.retryAfter }
  if (error instanceof AppError)
    return { status: STATUS[error.code], body: { detail: error.restMessage ?? error.message }, close: false }
  if (isDiskFull(error)) return httpErrorOf(new DiskFull(), log)
  log.error({ err: error }, `REST: ${describeError(error)}`)
  return { status: 500, body: { detail: 'Internal Server Error' }, close: false }
}

const Refusal = z.object({ detail: z.string().openapi({ description: 'The reason, for people.' }) }).openapi('Refusal')

const Fault = z
  .object({
    type: z.string().openapi({ description: 'The rule that was broken, such as `missing`.' }),
    loc: z
      .array(z.union([z.string(), z.number()]))
      .openapi({ description: '`body`, `query` or `path`, then the path to the value.' }),
    msg: z.string().openapi({ description: 'The rule as a sentence.' }),
    input: z.unknown().openapi({ description: 'The value that was sent.' }),
    ctx: z.record(z.string(), z.unknown()).optional().openapi({ description: 'What the rule compares with.' }),
  })
  .openapi('ValidationError')

const BadInput = z
  .union([z.object({ detail: z.array(Fault) }).openapi('HTTPValidationError'), Refusal])
  .openapi({ description: 'One entry per error.' })

const DESCRIPTIONS = {
  BAD_REQUEST: 'The request makes no sense as a whole.',
  UNAUTHENTICATED: 'You have to sign in first.',
  FORBIDDEN: 'You may not do this.',
  NOT_FOUND: 'It does not exist, or is not yours.',
  CONFLICT: 'Its state, or something else that exists, forbids this.',
  UNAVAILABLE: 'The sandbox engine is unavailable, or the disk is full. Nothing was changed.',
  UPSTREAM_FAILED: 'Another server (Lemonade, APISIX, a sign-in provider) failed.',
  TOO_LARGE: 'It is too large.',
  TOO_MANY: 'Too many requests; `Retry-After` says how many seconds to wait.',
} as const

/** Errors of operations other than bad input. */
export type ErrorName = keyof typeof DESCRIPTIONS

/** The error responses of an operation in the OpenAPI document. */
export function describeErrors(
  codes: readonly ErrorName[],
  takes: { input: boolean; body: boolean },
): RouteConfig['responses'] {
  const entry = (description: string, schema: z.ZodType = Refusal) => ({
    description,
    content: { 'application/json': { schema } },
  })
  return {
    ...Object.fromEntries(codes.map((code) => [STATUS[code], entry(DESCRIPTIONS[code])])),
    ...(takes.body
      ? {
          400: entry('The body cannot be read as text.'),
          408: entry('The body did not arrive in time.'),
          413: entry('The body is too large.'),
        }
      : {}),
    ...(takes.input ? { 422: entry('The input breaks a rule; nothing was changed.', BadInput) } : {}),
  }
}
