import { z, type RouteConfig } from '@hono/zod-openapi'
import { AppError, DiskFull, isDiskFull, messageOf, TooMany, type ErrorCode } from '../core/errors.ts'
import type { Log } from '../core/log.ts'
import { BadBody } from './body.ts'
import { Unprocessable } from './validation-errors.ts'

/** The HTTP status of each refusal. */
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

/** What a refusal is answered with. */
export interface Refused {
  status: number
  body: { detail: unknown }
  /** The rest of the request was not read, so the connection cannot serve another. */
  close: boolean
  /** Seconds until it may be asked again. */
  retryAfter?: number
}

/** Every refusal as FastAPI shapes it; what is no refusal is a bug, which is logged and not shown. */
export function refused(error: unknown, log: Log): Refused {
  if (error instanceof Unprocessable) return { status: 422, body: { detail: error.faults }, close: false }
  if (error instanceof BadBody)
    return { status: error.status, body: { detail: error.message }, close: error.status !== 400 }
  if (error instanceof TooMany)
    return { status: 429, body: { detail: error.message }, close: false, retryAfter: error.retryAfter }
  if (error instanceof AppError)
    return { status: STATUS[error.code], body: { detail: error.restMessage ?? error.message }, close: false }
  if (isDiskFull(error)) return refused(new DiskFull(), log)
  log.error({ err: error }, `REST: ${messageOf(error)}`)
  return { status: 500, body: { detail: 'Internal Server Error' }, close: false }
}

const Refusal = z
  .object({ detail: z.string().openapi({ description: 'Why, in a sentence for people.' }) })
  .openapi('Refusal')

const Fault = z
  .object({
    type: z.string().openapi({ description: 'The rule that was broken, such as `missing`.' }),
    loc: z
      .array(z.union([z.string(), z.number()]))
      .openapi({ description: '`body`, `query` or `path`, then the way to the value.' }),
    msg: z.string().openapi({ description: 'The rule as a sentence.' }),
    input: z.unknown().openapi({ description: 'What was sent there.' }),
    ctx: z.record(z.string(), z.unknown()).optional().openapi({ description: 'What the rule compares with.' }),
  })
  .openapi('ValidationError')

const BadInput = z
  .union([z.object({ detail: z.array(Fault) }).openapi('HTTPValidationError'), Refusal])
  .openapi({ description: 'One entry for each fault.' })

const DESCRIPTIONS = {
  BAD_REQUEST: 'Nobody could do this so.',
  UNAUTHENTICATED: 'Nobody is signed in.',
  FORBIDDEN: 'Whoever is signed in may not do this.',
  NOT_FOUND: 'There is no such thing.',
  CONFLICT: 'Something that exists, or its present state, forbids it.',
  UNAVAILABLE: 'The sandbox engine is away, or the disk is full; nothing was changed.',
  UPSTREAM_FAILED: 'Something outside THON was asked, and could not do it.',
  TOO_LARGE: 'It is too large.',
  TOO_MANY: 'Asked too often; `Retry-After` says when to ask again.',
} as const

/** What operations may refuse besides bad input. */
export type Refusable = keyof typeof DESCRIPTIONS

/** The manual's entries for what an operation may refuse. */
export function describedFaults(
  codes: readonly Refusable[],
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
