import { messageOf } from '../core/errors.ts'
import { UpstreamFailure } from '../upstream/polled-resource.ts'
import { NoAnswer, requestUpstream, type UpstreamResponse } from '../upstream/request.ts'

/** A list of 1,000 consumers has less than 1 MB. */
const LARGEST = 32 * 1024 * 1024
const WITHIN = 5_000
const LONGEST_EXCERPT = 500
/** Where what is written has secrets. */
const SECRET_NAMES = new Set(['key', 'redis_password', 'Authorization'])

/** The Admin API answered, and said no. */
export class ApisixRefusal extends UpstreamFailure {
  readonly status: number
  /** What it said, as a sentence. */
  readonly sentence: string

  /** @param told its body, without secrets */
  constructor(status: number, method: string, path: string, told: string) {
    super('FAULTY', `APISIX Admin API error ${status} for ${method} ${path}: ${told}`)
    this.status = status
    this.sentence = sentenceOf(told)
  }

  override get summary(): string {
    return `APISIX answered ${this.status}: ${this.sentence}`
  }
}

/** One thing as the Admin API lists it. */
interface Listed {
  value: Record<string, unknown>
}

/** Talks to the Admin API of one APISIX: https://apisix.apache.org/docs/apisix/admin-api/ */
export class Apisix {
  readonly #url: string
  readonly #key: string | null
  /** Its version, such as `3.18.0`, once it answered. */
  version: string | null = null

  constructor(url: string, key: string | null) {
    this.#url = url
    this.#key = key
  }

  /**
   * Every consumer, in one answer: between two pages somebody may delete one, and a consumer that was only overlooked would
   * get a new key.
   * @throws UpstreamTrouble
   */
  async consumers(): Promise<Record<string, unknown>[]> {
    const answer = (await this.#ask('GET', '/consumers')) as { list?: Listed[] | object }
    if (typeof answer.list !== 'object') throw unreadable('GET', '/consumers')
    // None at all may be an object, not a list.
    return (Array.isArray(answer.list) ? (answer.list as Listed[]) : []).map((one) => one?.value).filter(isRecord)
  }

  /** One thing in clear text; null when there is none. @throws UpstreamTrouble */
  async get(kind: 'consumers' | 'routes', id: string): Promise<Record<string, unknown> | null> {
    try {
      const { value } = (await this.#ask('GET', `/${kind}/${encodeURIComponent(id)}`)) as Partial<Listed>
      return isRecord(value) ? value : null
    } catch (error) {
      if (error instanceof ApisixRefusal && error.status === 404) return null
      throw error
    }
  }

  /** Makes or replaces one. Its answer has ciphertext, so it is not read. @throws UpstreamTrouble */
  async put(kind: 'consumers' | 'routes', id: string, body: object): Promise<void> {
    // A consumer's name is in its body; in the path, too, it could only be wrong.
    await this.#ask('PUT', kind === 'consumers' ? '/consumers' : `/routes/${encodeURIComponent(id)}`, body)
  }

  /** @returns whether there was one. @throws UpstreamTrouble */
  async delete(kind: 'consumers' | 'routes', id: string): Promise<boolean> {
    try {
      await this.#ask('DELETE', `/${kind}/${encodeURIComponent(id)}`)
      return true
    } catch (error) {
      if (error instanceof ApisixRefusal && error.status === 404) return false
      throw error
    }
  }

  async #ask(method: 'GET' | 'PUT' | 'DELETE', path: string, body?: object): Promise<unknown> {
    if (this.#key === null)
      throw new UpstreamFailure(
        'UNAUTHORIZED',
        'APISIX Admin API authentication failed: no Admin key is set, and none was found',
      )
    const { status, headers, body: answer } = await this.#send(method, path, body)
    const text = answer.toString()
    const told = () => withoutSecrets(text, [this.#key as string, ...secretsIn(body)])
    this.version = /^APISIX\/(\S+)/.exec(String(headers.server ?? ''))?.[1] ?? this.version
    if (status === 401)
      throw new UpstreamFailure('UNAUTHORIZED', `APISIX Admin API authentication failed: ${sentenceOf(told())}`)
    if (status === 403)
      throw new UpstreamFailure(
        'UNAUTHORIZED',
        'APISIX Admin API authentication failed: this machine’s address is not in allow_admin of its configuration',
      )
    if (status < 200 || status > 299) throw new ApisixRefusal(status, method, path, told())
    try {
      const value: unknown = JSON.parse(text)
      if (isRecord(value)) return value
    } catch {
      // Said below.
    }
    throw unreadable(method, path)
  }

  async #send(method: 'GET' | 'PUT' | 'DELETE', path: string, body?: object): Promise<UpstreamResponse> {
    const headers: Record<string, string> = { 'X-API-KEY': this.#key as string, Accept: 'application/json' }
    if (body) headers['Content-Type'] = 'application/json'
    try {
      return await requestUpstream({
        ...{ method, headers, timeoutMs: WITHIN, maxBytes: LARGEST },
        url: new URL(`${this.#url}/apisix/admin${path}`),
        body: body ? JSON.stringify(body) : null,
      })
    } catch (error) {
      const slow = error instanceof NoAnswer && error.slow
      throw new UpstreamFailure(
        slow ? 'SLOW' : 'OFFLINE',
        `Cannot connect to APISIX Admin API at ${this.#url}: ${messageOf(error)}`,
      )
    }
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function unreadable(method: string, path: string): UpstreamFailure {
  return new UpstreamFailure('FAULTY', `APISIX Admin API returned an unreadable answer for ${method} ${path}`)
}

/** Every secret in something that is written. */
function secretsIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, one]: [string, unknown]) =>
    typeof one !== 'string' ? secretsIn(one) : SECRET_NAMES.has(name) ? [one.replace(/^Bearer /, '')] : [],
  )
}

/** What it says may quote what it was sent: all of it after `req_body`, or a value that it does not like. */
function withoutSecrets(body: string, secrets: readonly string[]): string {
  const quoted = secrets.flatMap((one) => [one, JSON.stringify(one).slice(1, -1)]).filter((one) => one.length > 5)
  const told = quoted
    .reduce((text, secret) => text.replaceAll(secret, '…'), body.replace(/,?\s*"req_body"[^]*$/, '}'))
    .replace(/("?(?:key|password|authorization)"?\s*[:=]\s*"?)(?:Bearer\s+)?[^\s",}]{4,}/gi, '$1…')
    .trim()
  return told.length > LONGEST_EXCERPT ? `${told.slice(0, LONGEST_EXCERPT).toWellFormed()}…` : told
}

function sentenceOf(body: string): string {
  try {
    const { error_msg: text, message, description } = JSON.parse(body) as Record<string, unknown>
    for (const one of [description, text, message]) if (typeof one === 'string' && one !== '') return one
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
