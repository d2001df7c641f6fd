import { messageOf } from '../errors.ts'
import { UpstreamTrouble } from '../source.ts'
import { askUpstream, NoAnswer, type UpstreamAnswer } from '../upstream.ts'

/** A list of 1,000 consumers has less than 1 MB. */
const LARGEST = 32 * 1024 * 1024
const WITHIN = 5_000
/** As many as one page may have. */
const PAGE = 500
/** More pages than anybody has consumers: a gateway that never ends its list is at fault. */
const MOST_PAGES = 200
const LONGEST_EXCERPT = 500

/** The Admin API answered, and said no. */
export class ApisixRefusal extends UpstreamTrouble {
  readonly status: number
  /** What it said, as a sentence. */
  readonly sentence: string

  constructor(status: number, method: string, path: string, body: string) {
    const told = withoutKeys(body)
    super('FAULTY', `APISIX Admin API error ${status} for ${method} ${path}: ${told}`)
    this.status = status
    this.sentence = sentenceOf(told)
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

  /** Every consumer. @throws UpstreamTrouble */
  async consumers(): Promise<Record<string, unknown>[]> {
    const all: Record<string, unknown>[] = []
    for (let page = 1; page <= MOST_PAGES; page++) {
      const { total, list } = (await this.#ask('GET', `/consumers?page=${page}&page_size=${PAGE}`)) as {
        total?: number
        list?: Listed[] | object
      }
      // An empty page is an object, not a list.
      const values = (Array.isArray(list) ? (list as Listed[]) : []).map((one) => one?.value).filter(isRecord)
      all.push(...values)
      if (values.length < PAGE || all.length >= (total ?? 0)) return all
    }
    throw new UpstreamTrouble('FAULTY', `APISIX lists more than ${MOST_PAGES * PAGE} consumers`)
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
      throw new UpstreamTrouble(
        'UNAUTHORIZED',
        'APISIX Admin API authentication failed: no Admin key is set, and none was found',
      )
    const { status, headers, text } = await this.#send(method, path, body)
    this.version = /^APISIX\/(\S+)/.exec(String(headers.server ?? ''))?.[1] ?? this.version
    if (status === 401)
      throw new UpstreamTrouble(
        'UNAUTHORIZED',
        `APISIX Admin API authentication failed: ${sentenceOf(withoutKeys(text))}`,
      )
    if (status === 403)
      throw new UpstreamTrouble(
        'UNAUTHORIZED',
        'APISIX Admin API authentication failed: this machine’s address is not in allow_admin of its configuration',
      )
    if (status < 200 || status > 299) throw new ApisixRefusal(status, method, path.split('?')[0] as string, text)
    try {
      const value: unknown = JSON.parse(text)
      if (isRecord(value)) return value
    } catch {
      // Said below.
    }
    throw new UpstreamTrouble(
      'FAULTY',
      `APISIX Admin API returned an unreadable answer for ${method} ${path.split('?')[0]}`,
    )
  }

  async #send(method: 'GET' | 'PUT' | 'DELETE', path: string, body?: object): Promise<UpstreamAnswer> {
    const headers: Record<string, string> = { 'X-API-KEY': this.#key as string, Accept: 'application/json' }
    if (body) headers['Content-Type'] = 'application/json'
    try {
      return await askUpstream({
        ...{ method, headers, within: WITHIN, largest: LARGEST },
        url: new URL(`${this.#url}/apisix/admin${path}`),
        body: body ? JSON.stringify(body) : null,
      })
    } catch (error) {
      const slow = error instanceof NoAnswer && error.slow
      throw new UpstreamTrouble(
        slow ? 'SLOW' : 'OFFLINE',
        `Cannot connect to APISIX Admin API at ${this.#url}: ${messageOf(error)}`,
      )
    }
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** What it quotes of a request may hold keys: everything after `req_body`, and what stands at a key's name. */
function withoutKeys(body: string): string {
  const told = body
    .replace(/,?\s*"req_body"[^]*$/, '}')
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
