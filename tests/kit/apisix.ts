import { createHash } from 'node:crypto'
import { ExternalServer, type ExternalReply, type RecordedRequest } from './external-server.ts'

const PREFIX = '/apisix/admin'
const FORBIDDEN_PAGE =
  '<html>\n<head><title>403 Forbidden</title></head>\n<body>\n<center><h1>403 Forbidden</h1></center>\n</body>\n</html>\n'
/** Fields that a consumer may have. */
const FIELDS = new Set(['username', 'desc', 'labels', 'group_id', 'plugins', 'id'])
const SECRETS = new Set(['key', 'redis_password', 'Authorization'])

interface Stored {
  value: Record<string, unknown>
  createdIndex: number
}

/** A stand-in for APISIX's Admin API and metrics, held to recordings of the real one by `gateway-stand-in.test.ts`. */
export class ApisixStandIn {
  readonly key = 'edd1c9f034335f136f87ad84b625c8f1'
  readonly consumers = new Map<string, Stored>()
  readonly routes = new Map<string, Stored>()
  readonly server: ExternalServer
  version = '3.18.0'
  /** Its own database is unavailable. */
  etcdDown = false
  /** This machine is not in allow_admin. */
  isForbidden = false
  /** It rejects the Admin key. */
  rejectsKey = false
  /** How many more writes it accepts before it breaks. */
  writesLeft = Infinity
  /** How it breaks; by default it stops listening. */
  onBreak: () => Promise<void> | void = () => this.server.down()
  /** Tokens in its metrics, by consumer; null when it does not have metrics. */
  tokens: Record<string, [prompt: number, completion: number]> | null = {}
  #index = 10

  private constructor(server: ExternalServer) {
    this.server = server
  }

  /** Starts one that is stopped at the end of the test. */
  static async start(): Promise<ApisixStandIn> {
    const server = await ExternalServer.start(async (taken) => {
      if (taken.method === 'GET' && taken.path === '/apisix/prometheus/metrics') return standIn.#metrics()
      if (taken.method !== 'GET' && --standIn.writesLeft < 0) await standIn.onBreak()
      const reply = standIn.#admin(taken)
      return {
        ...reply,
        headers: { 'Content-Type': 'application/json', Server: `APISIX/${standIn.version}`, ...reply.headers },
      }
    })
    const standIn = new ApisixStandIn(server)
    return standIn
  }

  /** The environment for a THON that uses it. */
  get environment(): Record<string, string> {
    return {
      GATEWAY_ENABLED: 'true',
      GATEWAY_ADMIN_URL: this.server.url,
      GATEWAY_ADMIN_KEY: this.key,
      GATEWAY_METRICS_URL: `${this.server.url}/apisix/prometheus/metrics`,
    }
  }

  /** Requests so far that changed something. */
  get writes(): RecordedRequest[] {
    return this.server.requests.filter(({ method }) => method !== 'GET')
  }

  /** Stores a consumer, as another program would. */
  put(username: string, more: Record<string, unknown> = {}): void {
    this.#store(this.consumers, username, { username, ...more })
  }

  #admin({ method, path, headers, body }: RecordedRequest): NonNullable<ExternalReply> {
    if (this.isForbidden) return { status: 403, body: FORBIDDEN_PAGE, headers: { 'Content-Type': 'text/html' } }
    const givenKey = headers['x-api-key']
    if (givenKey !== this.key || this.rejectsKey)
      return {
        status: 401,
        body: { error_msg: 'failed to check token', description: givenKey ? 'wrong apikey' : 'missing apikey' },
      }
    if (this.etcdDown) return { status: 503, body: { error_msg: 'has no healthy etcd endpoint available' } }
    const [pathname = '', query = ''] = path.replace(PREFIX, '').split('?')
    const [, kind = '', id] = pathname.split('/').map(decodeURIComponent)
    const store = kind === 'consumers' ? this.consumers : kind === 'routes' ? this.routes : null
    if (!store) return { status: 404, body: { error_msg: `Unsupported resource type: ${kind}` } }
    const prefix = `/apisix/${kind}`
    if (method === 'GET' && !id) return { body: list(store, prefix, new URLSearchParams(query)) }
    const name = id ?? (body as { username?: string } | null)?.username ?? ''
    const found = store.get(name)
    if (method === 'PUT') return this.#put(kind, store, id, body as Record<string, unknown> | null, prefix)
    if (!found) return { status: 404, body: { message: 'Key not found' } }
    if (method === 'GET') return { body: { key: `${prefix}/${name}`, ...found, modifiedIndex: found.createdIndex } }
    store.delete(name)
    return { body: { key: `${prefix}/${name}`, deleted: '1' } }
  }

  #put(
    kind: string,
    store: Map<string, Stored>,
    id: string | undefined,
    body: Record<string, unknown> | null,
    prefix: string,
  ): NonNullable<ExternalReply> {
    if (!body) return { status: 400, body: { error_msg: 'missing configurations' } }
    const problem = kind === 'consumers' ? this.#problemOf(id, body) : null
    if (problem) return { status: 400, body: { error_msg: problem } }
    const name = id ?? String(body.username)
    const isNew = !store.has(name)
    const { value } = this.#store(store, name, kind === 'routes' ? { ...body, id: name } : body)
    return { status: isNew ? 201 : 200, body: { key: `${prefix}/${name}`, value: encrypted(value) } }
  }

  #problemOf(id: string | undefined, body: Record<string, unknown>): string | null {
    const { username, plugins } = body as { username?: unknown; plugins?: Record<string, Record<string, unknown>> }
    for (const name of ['create_time', 'update_time']) if (name in body) return `the property is forbidden:  ${name}`
    const unknown = Object.keys(body).find((name) => !FIELDS.has(name))
    if (unknown) return `invalid configuration: additional properties forbidden, found ${unknown}`
    const isOld = /^3\.1?[0-2]\./.test(this.version)
    const pattern = isOld ? '^[a-zA-Z0-9_]+$' : '^[a-zA-Z0-9_\\\\-]+$'
    if (typeof username !== 'string') return 'invalid configuration: property "username" is required'
    if (!(isOld ? /^[a-zA-Z0-9_]+$/ : /^[a-zA-Z0-9_-]+$/).test(username))
      return `invalid configuration: property "username" validation failed: failed to match pattern "${pattern}" with "${username}"`
    if (id !== undefined && id !== username) return 'wrong username'
    const limiting = plugins?.['ai-rate-limiting']
    const isRedis = limiting?.policy === 'redis' && this.version === '3.18.0'
    if (isRedis && (!limiting.redis_host || limiting.redis_password === null))
      return 'invalid plugins configuration: failed to check the configuration of plugin ai-rate-limiting err: then clause did not match'
    const key = plugins?.['key-auth']?.key
    if (this.version === '3.18.0' && key !== undefined)
      for (const [other, { value }] of this.consumers)
        if (other !== username && keyOf(value) === key)
          return `duplicate key of plugin key-auth found with consumer: ${other}`
    return null
  }

  #store(store: Map<string, Stored>, name: string, value: Record<string, unknown>): Stored {
    const before = store.get(name)
    const times = { create_time: before?.value.create_time ?? 1_795_440_887, update_time: 1_795_440_888 }
    const stored = {
      value: { ...structuredClone(value), ...times },
      createdIndex: before?.createdIndex ?? ++this.#index,
    }
    store.set(name, stored)
    return stored
  }

  #metrics(): NonNullable<ExternalReply> {
    if (this.tokens === null) return { status: 404, body: 'not found' }
    const lines = Object.entries(this.tokens).flatMap(([consumer, [prompt, completion]]) =>
      (['one', 'two'] as const).flatMap((model, at) => [
        `apisix_llm_prompt_tokens{route_id="ai-gateway-route",consumer="${consumer}",node="x",llm_model="${model}"} ${at ? prompt : 0}`,
        `apisix_llm_completion_tokens{route_id="ai-gateway-route",consumer="${consumer}",node="x",llm_model="${model}"} ${at ? 0 : completion}`,
      ]),
    )
    return { body: ['# TYPE apisix_llm_prompt_tokens counter', ...lines, ''].join('\n') }
  }
}

function list(store: Map<string, Stored>, prefix: string, query: URLSearchParams): object {
  const all = [...store].map(([name, one]) => ({ key: `${prefix}/${name}`, ...one, modifiedIndex: one.createdIndex }))
  const [page, size] = [Number(query.get('page')), Number(query.get('page_size'))]
  if (!page || !size) return { total: all.length, list: all.sort((a, b) => (a.key < b.key ? -1 : 1)) }
  const some = all.sort((a, b) => a.createdIndex - b.createdIndex).slice((page - 1) * size, page * size)
  return { total: all.length, list: some.length > 0 ? some : {} }
}

/** Answers to PUT have secrets encrypted. */
function encrypted(value: Record<string, unknown>): Record<string, unknown> {
  const text = JSON.stringify(value, (name, one: unknown) =>
    typeof one === 'string' && SECRETS.has(name) ? createHash('md5').update(one).digest('base64') : one,
  )
  return JSON.parse(text) as Record<string, unknown>
}

function keyOf(value: Record<string, unknown>): unknown {
  return (value.plugins as Record<string, { key?: unknown }> | undefined)?.['key-auth']?.key
}
