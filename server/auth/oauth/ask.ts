import type { z } from 'zod'
import { BadRequest, UpstreamFailed } from '../../core/errors.ts'
import { NoAnswer, OversizedAnswer, requestUpstream, type UpstreamResponse } from '../../upstream/request.ts'
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
  /** Milliseconds to the last byte of the response; 10 s, and less in tests. */
  timeLimit?: number
}

/** Milliseconds to the last byte of the response. */
const TIMEOUT = 10_000

/** Bytes of a response. A profile has a few thousand. */
const MAX_BYTES = 1024 * 1024

/**
 * Sends one request to a provider and reads its response. Redirects are not followed: they would carry token or secret elsewhere.
 * @param schema what the response has to be
 * @returns the response, as the schema has it
 * @throws BadRequest when the provider refuses: 4xx, or 200 with `error` in it, as GitHub does
 *   (https://docs.github.com/en/apps/oauth-apps/maintaining-oauth-apps/troubleshooting-oauth-app-access-token-request-errors)
 * @throws UpstreamFailed when it is unreachable, too slow, too long, redirects, fails, or does not match the schema
 */
export async function askProvider<T>(asking: Asking, schema: z.ZodType<T>): Promise<T> {
  const { label } = asking
  const { status, body } = await send(asking)
  if (status >= 300 && status < 400) throw new UpstreamFailed(`${label} answered with a redirect`)
  if (status >= 500) throw new UpstreamFailed(`${label} answered with HTTP ${status}`)
  return resultOf(asking, status, parsed(body), schema)
}

async function send({ label, url, headers, body, timeLimit = TIMEOUT }: Asking): Promise<UpstreamResponse> {
  const form = body && { 'Content-Type': 'application/x-www-form-urlencoded;charset=UTF-8' }
  try {
    return await requestUpstream({
      method: body ? 'POST' : 'GET',
      url: new URL(url),
      // GitHub's API refuses requests without a User-Agent.
      headers: { Accept: 'application/json', 'User-Agent': 'THON', ...form, ...headers },
      body: body?.toString() ?? null,
      timeoutMs: timeLimit,
      maxBytes: MAX_BYTES,
    })
  } catch (error) {
    if (error instanceof OversizedAnswer) throw new UpstreamFailed(`${label} sent too long an answer`)
    if (!(error instanceof NoAnswer)) throw error
    if (error.slow) throw new UpstreamFailed(`${label} did not answer within ${timeLimit / 1000} s`)
    throw new UpstreamFailed(`${label} cannot be reached${error.code ? ` (${error.code})` : ''}`)
  }
}

/** The JSON in it; undefined when it is not JSON in UTF-8. */
function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    return undefined
  }
}

function resultOf<T>({ label, hidden }: Asking, status: number, json: unknown, schema: z.ZodType<T>): T {
  const reason = reasonIn(json)
  if (status >= 400) throw refusal(label, reason || `HTTP ${status}`, hidden)
  if (textIn(json, 'error')) throw refusal(label, reason, hidden)
  const result = schema.safeParse(json)
  if (!result.success) throw new UpstreamFailed(`${label} sent an unreadable answer`)
  return result.data
}

/** `error_description` and `error` are OAuth's, `message` is what GitHub, GitLab and LinkedIn have in their APIs. */
function reasonIn(json: unknown): string {
  return textIn(json, 'error_description') || textIn(json, 'error') || textIn(json, 'message')
}

/** The text of a field; empty when it has no text. */
function textIn(json: unknown, field: string): string {
  const value = typeof json === 'object' && json !== null ? (json as Record<string, unknown>)[field] : ''
  return typeof value === 'string' ? value : ''
}

/**
 * The provider rejects this person, or this code.
 * @param reason the provider's own words; shortened and cleaned here
 * @param hidden secrets that must not be in them
 */
export function refusal(label: string, reason: string, hidden: readonly string[] = []): BadRequest {
  return new BadRequest(`${label} refused the sign-in: ${safeText(reason, hidden) || 'no reason given'}`)
}
