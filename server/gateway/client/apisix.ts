import { describeError } from '../../core/errors.ts'
import { UpstreamFailure } from '../../upstream/polled-resource.ts'
import { requestUpstream, NoAnswer, type UpstreamResponse } from '../../upstream/request.ts'

/** Bytes; a list of 1,000 consumers has less than 1 MB. */
const MAX_BYTES = 32 * 1024 * 1024
const TIMEOUT_MS = 5_000
const MAX_EXCERPT = 500
/** Fields of request bodies that hold secrets. */
const SECRET_NAMES = new Set(['key', 'redis_password', 'Authorization'])

/** The Admin API answered with an error status. */
export class ApisixError extends UpstreamFailure {
  readonly status: number
  /** Its reason, in its own words. */
  readonly reason: string

  /** @param body the answer, without secrets */
  constructor(status: number, method: string, path: string, body: string) {
    super('FAULTY', `APISIX Admin API error ${status} for ${method} ${path}: ${body}`)
    this.status = status
    this.reason = reasonIn(body)
  }

  override get summary(): string {
    return `APISIX answered ${this.status}: ${this.reason}.`
  }
}

type AdminMethod = 'GET' | 'PUT' | 'DELETE'

/** A consumer or route as the Admin API wraps it. */
interface AdminEntry {
  value: Record<string, unknown>
}

/** Client of the Admin API of one APISIX: https://apisix.apache.org/docs/apisix/admin-api/ */
export class Apisix {
  readonly #url: string
  readonly #key: string | null
  /** Such as `3.18.0`; null until the first answer, or when APISIX hides it. */
  version: string | null = null

  constructor(url: string, key: string | null) {
    this.#url = url
    this.#key = key
  }

  /**
   * Every consumer, in one answer: with pages, a deletion between two of them would hide a consumer, which would then get a
   * new key.
   * @throws UpstreamFailure
   */
  async consumers(): Promise<Record<string, unknown>[]> {
    const answer = (await this.#ask('GET', '/consumers')) as { list?: AdminEntry[] | object }
    if (typeof answer.list !== 'object') throw unreadable('GET', '/consumers')
    // APISIX encodes an empty list as an object.
    return (Array.isArray(answer.list) ? (answer.list as (AdminEntry | null)[]) : [])
      .map((one) => one?.value)
      .filter(isRecord)
  }

  /** A consumer or route with its secrets in plain text; null when it does not exist. @throws UpstreamFailure */
  async get(kind: 'consumers' | 'routes', id: string): Promise<Record<string, unknown> | null> {
    try {
      const { value } = (await this.#ask('GET', `/${kind}/${encodeURIComponent(id)}`)) as Partial<AdminEntry>
      return isRecord(value) ? value : null
    } catch (error) {
      if (error instanceof ApisixError && error.status === 404) return null
      throw error
    }
  }

  /** Creates or replaces a consumer or route. The answer holds encrypted secrets, so it is not read. @throws UpstreamFailure */
  async put(kind: 'consumers' | 'routes', id: string, body: object): Promise<void> {
    // The body already names the consumer, and APISIX rejects a path that differs.
    await this.#ask('PUT', kind === 'consumers' ? '/consumers' : `/routes/${encodeURIComponent(id)}`, body)
  }

  /** @returns whether it existed. @throws UpstreamFailure */
  async delete(kind: 'consumers' | 'routes', id: string): Promise<boolean> {
    try {
      await this.#ask('DELETE', `/${kind}/${encodeURIComponent(id)}`)
      return true
    } catch (error) {
      if (error instanceof ApisixError && error.status === 404) return false
      throw error
    }
  }

  async #ask(method: AdminMethod, path: string, body?: object): Promise<unknown> {
    const key = this.#key
    if (key === null)
      throw new UpstreamFailure(
        'UNAUTHORIZED',
        'APISIX Admin API authentication failed: no Admin key is set, and none was found in APISIX’s configuration file.',
      )
    const { status, headers, body: answer } = await this.#send(key, method, path, body)
    const text = answer.toString()
    const safeText = () => withoutSecrets(text, [key, ...secretsIn(body)])
    this.version = /^APISIX\/(\S+)/.exec(String(headers.server ?? ''))?.[1] ?? this.version
    if (status === 401)
      throw new UpstreamFailure('UNAUTHORIZED', `APISIX Admin API authentication failed: ${reasonIn(safeText())}.`)
    if (status === 403)
      throw new UpstreamFailure(
        'UNAUTHORIZED',
        'APISIX Admin API authentication failed: its configuration does not list this machine’s address in allow_admin.',
      )
    if (status < 200 || status > 299) throw new ApisixError(status, method, path, safeText())
    try {
      const value: unknown = JSON.parse(text)
      if (isRecord(value)) return value
    } catch {
      // Reported below.
    }
    throw unreadable(method, path)
  }

  async #send(key: string, method: AdminMethod, path: string, body?: object): Promise<UpstreamResponse> {
    const headers: Record<string, string> = { 'X-API-KEY': key, Accept: 'application/json' }
    if (body) headers['Content-Type'] = 'application/json'
    try {
      return await requestUpstream({
        ...{ method, headers, timeoutMs: TIMEOUT_MS, maxBytes: MAX_BYTES },
        url: new URL(`${this.#url}/apisix/admin${path}`),
        body: body ? JSON.stringify(body) : null,
      })
    } catch (error) {
      const slow = error instanceof NoAnswer && error.slow
      throw new UpstreamFailure(
        slow ? 'SLOW' : 'OFFLINE',
        `Cannot connect to APISIX Admin API at ${this.#url}: ${describeError(error)}.`,
      )
    }
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function unreadable(method: string, path: string): UpstreamFailure {
  return new UpstreamFailure('FAULTY', `APISIX Admin API returned an unreadable answer for ${method} ${path}.`)
}

/** The secrets in a request body. */
function secretsIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, one]: [string, unknown]) =>
    typeof one !== 'string' ? secretsIn(one) : SECRET_NAMES.has(name) ? [one.replace(/^Bearer /, '')] : [],
  )
}

/** APISIX quotes requests in its errors: the whole body as `req_body`, or the value it rejects. */
function withoutSecrets(body: string, secrets: readonly string[]): string {
  const quoted = secrets.flatMap((one) => [one, JSON.stringify(one).slice(1, -1)]).filter((one) => one.length > 5)
  const safe = quoted
    .reduce((text, secret) => text.replaceAll(secret, '…'), body.replace(/,?\s*"req_body"[^]*$/, '}'))
    .replace(/("?(?:key|password|authorization)"?\s*[:=]\s*"?)(?:Bearer\s+)?[^\s",}]{4,}/gi, '$1…')
    .trim()
  return safe.length > MAX_EXCERPT ? `${safe.slice(0, MAX_EXCERPT).toWellFormed()}…` : safe
}

function reasonIn(body: string): string {
  try {
    const { error_msg: text, message, description } = JSON.parse(body) as Record<string, unknown>
    for (const one of [description, text, message])
      if (typeof one === 'string' && one !== '') return one.replace(/[.]$/, '')
  } catch {
    // A page of HTML, or plain text.
  }
  return (
    body
      .replace(/<[^>]*>/g, ' ')
      .replace(/\s+/g, ' ')
      .trim() || 'it gave no reason'
  )
}
