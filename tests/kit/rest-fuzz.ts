import { once } from 'node:events'
import { Agent, request, type IncomingMessage } from 'node:http'
import type { Random } from './random.ts'
import { BROKEN, KEYS, METHODS, NAMES, NOT_UTF8, ODD, QUERIES, SEGMENTS, TYPES } from './rest-fuzz-values.ts'
import type { DescribedOperation, Manual, RestAnswer } from './rest.ts'

type Schema = Record<string, unknown>
type Operation = Manual['operations'][number]

/** A generated request. */
export interface FuzzRequest {
  /** In which way it is unusual. */
  kind: Kind
  /** The operation it was generated from. */
  of: Operation
  method: string
  path: string
  headers: Record<string, string>
  body: Buffer | null
}

const KINDS = ['valid', 'mutated', 'broken', 'typed', 'path', 'query', 'method'] as const
export type Kind = (typeof KINDS)[number]

/** Other names that parameters and fields have for the same ids. */
const SYNONYMS: Record<string, string> = {
  target_group_id: 'group_id',
  sandbox_id: 'instance_id',
  instance_ids: 'instance_id',
}
const BOUNDARY = 'fuzz'
/** Ids of things that always exist, by the beginning of the path. */
const FIXED_IDS = {
  '/api/groups/events/': ['hack26'],
  '/api/config-files/': ['config_groups_yaml', 'config_vscode_settings', 'config_kilo_json'],
  '/api/instances/settings/': ['external_ip', 'domain', 'anything'],
  '/api/lemonade/slots/': ['0', '3'],
  '/api/gateway/consumers/': ['always'],
}

/** Generates requests from `/openapi.json`. It remembers ids from answers, so that some requests are about existing things. */
export class Fuzz {
  readonly #manual: Manual
  readonly #ids: Record<string, string[]> = { group_id: [], user_id: [], instance_id: [] }

  /** The group of each user, from the latest answer. */
  readonly #groupOf = new Map<string, string>()

  constructor(manual: Manual) {
    this.#manual = manual
  }

  request(of: Operation, random: Random): FuzzRequest {
    const kind = random.chance(25) ? 'valid' : random.of(KINDS)
    const [takes, { schema } = { schema: null }] = Object.entries(of.operation.requestBody?.content ?? {})[0] ?? []
    const isForm = takes === 'multipart/form-data'
    const text = schema && (isForm ? this.#form(schema, kind, random) : this.#body(schema, kind, random))
    const type = kind === 'typed' ? random.of(TYPES) : isForm ? `${takes}; boundary=${BOUNDARY}` : 'application/json'
    return {
      kind,
      of,
      method: kind === 'method' ? random.of(METHODS) : of.method,
      path: this.#path(of, kind, random) + this.#query(of.operation, kind, random),
      headers: text === null || type === '' ? {} : { 'Content-Type': type },
      body: text ?? (kind === 'typed' || kind === 'broken' ? random.of(BROKEN) : null),
    }
  }

  /** Remembers the ids in an answer. @returns requests that delete the oldest things when there are too many */
  learn({ of, kind }: FuzzRequest, { status, text }: RestAnswer): Pick<FuzzRequest, 'method' | 'path'>[] {
    const user = /^\{"id":"([^"]+)","group_id":"([^"]+)"/.exec(text)
    if (user) this.#groupOf.set(user[1] as string, user[2] as string)
    if (kind === 'method' || (status !== 201 && !(status === 200 && of.path.endsWith('/recreate'))))
      return this.#launched(of, status, text)
    const { id } = JSON.parse(text) as { id: string }
    const name = of.path.startsWith('/api/instances')
      ? 'instance_id'
      : of.path === '/api/groups'
        ? 'group_id'
        : 'user_id'
    return this.#add(name, id)
  }

  #launched(of: Operation, status: number, text: string): Pick<FuzzRequest, 'method' | 'path'>[] {
    if (!of.path.endsWith('/launch') || status !== 200) return []
    const { sandbox_id } = JSON.parse(text) as { sandbox_id: string | null }
    return sandbox_id === null ? [] : this.#add('instance_id', sandbox_id)
  }

  #add(name: 'instance_id' | 'group_id' | 'user_id', id: string): Pick<FuzzRequest, 'method' | 'path'>[] {
    const ids = this.#ids[name] as string[]
    ids.push(id)
    if (ids.length <= 12) return []
    const root = { instance_id: 'instances', group_id: 'groups', user_id: 'users' }[name]
    return [{ method: 'DELETE', path: `/api/${root}/${ids.shift()}` }]
  }

  #path({ path }: Operation, kind: Kind, random: Random): string {
    const user = this.#id('user_id', random)
    const member =
      kind !== 'path' && random.chance(85)
        ? path.replace('{group_id}/users/{user_id}', `${this.#groupOf.get(user)}/users/${user}`)
        : path
    const filled = member.replace(/\{(\w+)\}/g, (_all, name: string) =>
      kind === 'path' && random.chance(80) ? random.of(SEGMENTS) : this.#id(name, random, path),
    )
    if (kind !== 'path') return filled
    const odd = [
      filled,
      `${filled}/`,
      `${filled}//`,
      filled.replace('/api/', '/api//'),
      `${filled}/${random.of(SEGMENTS)}`,
    ]
    return random.chance(60)
      ? filled
      : random.of([...odd, filled.toUpperCase().replace('/API/', '/api/'), `/api/${random.of(SEGMENTS)}`])
  }

  #query({ parameters = [] }: DescribedOperation, kind: Kind, random: Random): string {
    if (kind === 'query') return random.of(QUERIES)
    const given = parameters.filter((one) => one.in === 'query' && random.chance(50))
    const values = given.map(({ name, schema }) => {
      const value: unknown = JSON.parse(this.#valid(schema, name, random))
      return [value].flat().map((one) => `${name}=${encodeURIComponent(String(one))}`)
    })
    return values.flat().length > 0 ? `?${values.flat().join('&')}` : ''
  }

  #id(name: string, random: Random, path = ''): string {
    const fixed = Object.entries(FIXED_IDS).find(([begin]) => path.startsWith(begin))?.[1]
    const ids = fixed ?? this.#ids[SYNONYMS[name] ?? name] ?? []
    return ids.length > 0 && random.chance(85) ? random.of(ids) : 'none'
  }

  #form(schema: Schema, kind: Kind, random: Random): Buffer | null {
    const isOdd = kind === 'mutated' || kind === 'broken'
    const [field = ''] = Object.keys(this.#manual.resolve(schema).properties ?? {})
    const name = isOdd && random.chance(30) ? random.of(KEYS) : field
    const file = isOdd && random.chance(30) ? '' : '; filename="a.json"'
    const text = isOdd ? random.of([...BROKEN, ...NOT_UTF8, ...ODD.map((one) => Buffer.from(one))]) : Buffer.from('{}')
    const head = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"${file}\r\n\r\n`
    const whole = Buffer.concat([Buffer.from(head), text, Buffer.from(`\r\n--${BOUNDARY}--\r\n`)])
    return kind === 'broken' ? whole.subarray(0, random.below(whole.length + 1)) : whole
  }

  #body(schema: Schema, kind: Kind, random: Random): Buffer | null {
    if (kind === 'broken') return random.of(random.chance(80) ? BROKEN : NOT_UTF8)
    if (kind === 'mutated' && random.chance(15)) return Buffer.from(random.of(ODD))
    if (kind === 'mutated' && random.chance(5)) return null
    return Buffer.from(kind === 'mutated' ? this.#mutated(schema, '', random) : this.#valid(schema, '', random))
  }

  /** JSON of a value that the schema allows. */
  #valid(raw: Schema, name: string, random: Random): string {
    const schema = this.#manual.resolve(raw)
    const type = [schema.type].flat()[0]
    if (schema.enum) return JSON.stringify(random.of(schema.enum as string[]))
    if (type === 'object') return object(this.#entries(schema, random, (of, key) => this.#valid(of, key, random)))
    if (type === 'array') {
      const items = Array.from({ length: random.below(4) }, () => this.#valid(schema.items as Schema, name, random))
      return `[${items.join()}]`
    }
    if (type === 'integer') return String(random.of([8443, 1, 60, Number(schema.maximum ?? 200)]))
    if (type === 'boolean') return String(random.chance(50))
    if (/_ids?$/.test(name)) return JSON.stringify(this.#id(name, random))
    // The content of a config file has to be JSON.
    return JSON.stringify({ email: 'ann@example.org', content: '{}' }[name] ?? random.of(NAMES))
  }

  /** Like `#valid`, with some invalid values, and with missing and additional fields. */
  #mutated(raw: Schema, name: string, random: Random): string {
    const schema = this.#manual.resolve(raw)
    if (schema.type === 'array' && random.chance(60)) {
      const items = Array.from({ length: random.below(5) }, () => this.#mutated(schema.items as Schema, name, random))
      return `[${items.join()}]`
    }
    if (schema.type !== 'object' || random.chance(5))
      return random.chance(50) ? random.of(ODD) : this.#valid(schema, name, random)
    const entries = this.#entries(schema, random, (of, key) => this.#mutated(of, key, random))
    const kept = entries.filter(() => !random.chance(15))
    if (random.chance(30)) kept.splice(random.below(kept.length + 1), 0, [random.of(KEYS), random.of(ODD)])
    return object(kept)
  }

  #entries(schema: Schema, random: Random, text: (of: Schema, key: string) => string): [string, string][] {
    const required = (schema.required ?? []) as string[]
    return Object.entries((schema.properties ?? {}) as Record<string, Schema>)
      .filter(([key]) => required.includes(key) || random.chance(80))
      .map(([key, of]) => [key, text(of, key)])
  }
}

function object(entries: [string, string][]): string {
  return `{${entries.map(([key, text]) => `${JSON.stringify(key)}:${text}`).join()}}`
}

/** Sends requests over a few persistent connections. */
export class RestClient {
  readonly #agent: Agent
  readonly #base: URL

  constructor(url: string, connections: number) {
    this.#base = new URL(url)
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections })
  }

  /** @throws Error without an answer within 20 seconds */
  async send({
    method,
    path,
    headers = {},
    body = null,
  }: Partial<FuzzRequest> & Pick<FuzzRequest, 'method' | 'path'>): Promise<RestAnswer> {
    const length = body ? { 'Content-Length': String(body.length) } : {}
    const sent = request({
      host: this.#base.hostname,
      port: this.#base.port,
      agent: this.#agent,
      method,
      path,
      headers: { ...headers, ...length },
      signal: AbortSignal.timeout(20_000),
    })
    sent.end(body ?? undefined)
    const [response] = (await once(sent, 'response')) as [IncomingMessage]
    const parts: Buffer[] = []
    for await (const part of response) parts.push(part as Buffer)
    return {
      status: response.statusCode ?? 0,
      headers: response.headers as RestAnswer['headers'],
      text: Buffer.concat(parts).toString(),
    }
  }

  close(): void {
    this.#agent.destroy()
  }
}
