import type { z } from 'zod'
import { AppError, BadRequest, UpstreamFailed } from '../../core/errors.ts'
import { safeText } from './text.ts'

/** One request to a provider. */
export interface Asking {
  /** The provider's name for people. */
  label: string
  url: string
  headers?: Record<string, string>
  /** Makes it a POST. */
  body?: URLSearchParams
  /** Secrets that no error may repeat, should the provider. */
  hidden: readonly string[]
  /** Milliseconds until the last byte of the answer must be here; 10 s unless a test is in a hurry. */
  timeLimit?: number
}

/** Milliseconds, from the start to the last byte of the answer. */
const TIME_LIMIT = 10_000

/** Bytes of an answer, after decompression. A profile has some thousand. */
const SIZE_LIMIT = 1024 * 1024

/**
 * Sends one request to a provider and reads its answer: within a time limit, up to 1 MiB, without following a redirect
 * (it would carry token or secret elsewhere).
 * @param schema what the answer has to be
 * @returns the answer, as the schema has it
 * @throws BadRequest when the provider refuses: 4xx, or 200 with `error` in it, as GitHub does
 *   (https://docs.github.com/en/apps/oauth-apps/maintaining-oauth-apps/troubleshooting-oauth-app-access-token-request-errors)
 * @throws UpstreamFailed when it is unreachable, too slow, too long, redirects, fails, or its answer is not as the schema
 */
export async function askProvider<T>(asking: Asking, schema: z.ZodType<T>): Promise<T> {
  const { label, timeLimit = TIME_LIMIT } = asking
  const controller = new AbortController()
  const timer = setTimeout(() => controller.abort(), timeLimit)
  try {
    const response = await send(asking, controller.signal)
    if (response.type === 'opaqueredirect' || (response.status >= 300 && response.status < 400))
      throw new UpstreamFailed(`${label} answered with a redirect`)
    if (response.status >= 500) throw new UpstreamFailed(`${label} answered with HTTP ${response.status}`)
    return judged(asking, response, parsed(await read(response, label)), schema)
  } catch (error) {
    if (error instanceof AppError) throw error
    if (controller.signal.aborted) throw new UpstreamFailed(`${label} did not answer within ${timeLimit / 1000} s`)
    throw new UpstreamFailed(`${label} cannot be reached${reasonOf(error)}`)
  } finally {
    clearTimeout(timer)
    // Whatever is still coming is not wanted, and its connection not kept.
    controller.abort()
  }
}

function send({ url, headers, body }: Asking, signal: AbortSignal): Promise<Response> {
  return fetch(url, {
    method: body ? 'POST' : 'GET',
    // GitHub's API refuses whoever does not say who they are.
    headers: { Accept: 'application/json', 'User-Agent': 'THON', ...headers },
    body,
    redirect: 'manual',
    signal,
  })
}

async function read(response: Response, label: string): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.length
    if (size > SIZE_LIMIT) throw new UpstreamFailed(`${label} sent too long an answer`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** The JSON in it; undefined when it is none. */
function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    return undefined
  }
}

function judged<T>({ label, hidden }: Asking, response: Response, json: unknown, schema: z.ZodType<T>): T {
  const said = complaint(json)
  if (response.status >= 400) throw refusal(label, said || `HTTP ${response.status}`, hidden)
  if (hasText(json, 'error')) throw refusal(label, said, hidden)
  const answer = schema.safeParse(json)
  if (!answer.success) throw new UpstreamFailed(`${label} sent an unreadable answer`)
  return answer.data
}

/** `error_description` and `error` are OAuth's, `message` is what GitHub, GitLab and LinkedIn have in their APIs. */
function complaint(json: unknown): string {
  const field = ['error_description', 'error', 'message'].find((name) => hasText(json, name))
  return field ? (json as Record<string, string>)[field]! : ''
}

function hasText(json: unknown, field: string): boolean {
  if (typeof json !== 'object' || json === null) return false
  const value: unknown = (json as Record<string, unknown>)[field]
  return typeof value === 'string' && value !== ''
}

/**
 * The provider does not let this person in, or not by this code.
 * @param said its words; shortened and cleaned here
 * @param hidden secrets that must not be in them
 */
export function refusal(label: string, said: string, hidden: readonly string[] = []): BadRequest {
  return new BadRequest(`${label} refused the sign-in: ${safeText(said, hidden) || 'no reason given'}`)
}

/** What the network says, by its code: the rest of such an error is for programmers. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined
  return typeof code === 'string' && /^[A-Z0-9_]{1,60}$/.test(code) ? ` (${code})` : ''
}
