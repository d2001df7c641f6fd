import type { HttpBindings } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { createRoute, type OpenAPIHono, type RouteConfig, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import type { IncomingMessage } from 'node:http'
import type { Quotas } from '../core/quotas.ts'
import type { Principal } from '../core/viewer.ts'
import { InvalidInput } from '../core/errors.ts'
import type { ResponseCache } from '../core/response-cache.ts'
import { assertApproved } from '../core/permissions.ts'
import { bodyValue, readBody, type BodyLimits, STRANGER_LIMITS } from './body.ts'
import { integer } from './fields.ts'
import { ruleErrors, shapeErrors, missingError, Unprocessable } from './validation-errors.ts'
import { uploadedFile } from './upload.ts'
import { describeErrors, type ErrorName } from './http-errors.ts'

/** Hono's view of a request. */
export interface RestEnv {
  Bindings: HttpBindings
}

/** An operation, declared once for routing, validation and the OpenAPI document. */
export interface Operation<Param extends string, Query, Body, Answer> {
  method: 'get' | 'post' | 'put' | 'patch' | 'delete'
  /** As OpenAPI writes it, such as `/api/groups/{group_id}`. */
  path: `/api/${string}`
  /** Its section in the OpenAPI document. */
  tag: string
  summary: string
  description?: string
  /** What each name in braces means. */
  params?: Record<Param, string>
  /** The params that are whole numbers. */
  numbers?: readonly Param[]
  /** Most characters of params whose length the service limits. */
  longest?: Partial<Record<Param, number>>
  query?: z.ZodObject & z.ZodType<Query>
  /** A schema that accepts undefined makes the body optional. */
  body?: z.ZodType<Body>
  /** The body is a form with a file in this field. */
  file?: string
  /** Largest body, in bytes; 1 MiB unless said. */
  largestBody?: number
  /** Status of success; 200 unless said. */
  status?: 200 | 201
  answer: z.ZodType<Answer>
  /** Describes the answer. */
  answers: string
  /** REST names of service fields, where they are not just snake_case. */
  wire?: Record<string, string>
  /** Possible errors other than bad input. */
  refuses?: readonly ErrorName[]
  /** Needs no sign-in. */
  open?: true
  /** The answer is an address: a 303 redirects to it. */
  redirects?: true
  /** The answer is made from rows only, so it can be cached until one changes. */
  cached?: boolean
}

/** Declares an operation; `Operations.add` takes it together with its handler. */
export function operation<Param extends string, Query, Body, Answer>(
  declared: Operation<Param, Query, Body, Answer>,
): Operation<Param, Query, Body, Answer> {
  return declared
}

/** What an operation's handler gets. */
interface Request<Param extends string, Query, Body> {
  viewer: Principal
  params: Record<Param, string>
  query: Query
  body: Body
  incoming: IncomingMessage
  /** Adds a Set-Cookie header, given as its value. */
  setCookie: (cookie: string) => void
  /** What was uploaded, where an operation takes a file; else nothing. */
  file: Uint8Array
}

/** What all operations share. */
export interface OperationsDeps {
  app: OpenAPIHono<RestEnv>
  viewerOf: (incoming: HttpBindings['incoming']) => Principal
  cache: ResponseCache<Buffer>
  quotas: Quotas
  limits: BodyLimits
}

/** Registers operations: where features say what they serve. */
export class Operations {
  readonly #deps: OperationsDeps
  /** In the order they were declared, which is the order in which they are matched. */
  readonly declared: { method: string; pattern: RegExp }[] = []

  constructor(deps: OperationsDeps) {
    this.#deps = deps
  }

  /**
   * @param serve reads nothing but its request, calls one service method, and maps the names
   */
  add<Param extends string, Query, Body, Answer>(
    operation: Operation<Param, Query, Body, Answer>,
    serve: (request: Request<Param, Query, Body>) => Promise<Answer>,
  ): void {
    const { app, cache } = this.#deps
    const { method, path } = operation
    const route = createRoute(describe(operation))
    app.openAPIRegistry.registerPath(route)
    this.declared.push({ method: method.toUpperCase(), pattern: patternOf(path) })
    app.on(method.toUpperCase(), route.getRoutingPath(), async (c) => {
      const params = c.req.param() as Record<Param, string>
      // Names are matched after decoding, as in Python, where such a path has one segment more.
      if (Object.values<string>(params).some((value) => value.includes('/'))) return c.notFound()
      const viewer = this.#deps.viewerOf(c.env.incoming)
      if (!operation.open) assertApproved(viewer)
      if (!operation.open && method !== 'get') await this.#deps.quotas.command(viewer)
      const sent = queryOf(c, operation.query)
      const answer = () => this.#answer(operation, c, { path: params, query: sent }, serve)
      if (operation.redirects) return redirect(c, String(await answer()))
      const make = async () => toBytes(await answer())
      const key = `${viewer.audienceKey} ${c.req.path} ${JSON.stringify(sent)}`
      const bytes = operation.cached ? await cache.get(key, make, () => true) : await make()
      // Past the web's Response, which would copy them.
      c.env.outgoing
        .writeHead(operation.status ?? 200, { 'Content-Type': 'application/json', 'Content-Length': bytes.length })
        .end(bytes)
      return RESPONSE_ALREADY_SENT
    })
  }

  async #answer<Param extends string, Query, Body, Answer>(
    operation: Operation<Param, Query, Body, Answer>,
    c: Context<RestEnv>,
    sent: { path: Record<Param, string>; query: Record<string, string | string[]> },
    serve: (request: Request<Param, Query, Body>) => Promise<Answer>,
  ): Promise<Answer> {
    readNumbers(operation.numbers, sent.path)
    const query = operation.query ? read(operation.query, 'query', sent.query) : (undefined as Query)
    const bytes = operation.body || operation.file ? await this.#bytes(c, operation.largestBody) : EMPTY
    const contentType = c.env.incoming.headers['content-type']
    const raw = operation.body ? bodyValue(bytes, contentType) : undefined
    const body = operation.body ? read(operation.body, 'body', raw) : (undefined as Body)
    const file = operation.file ? await uploadedFile(bytes, contentType, operation.file) : EMPTY
    try {
      const { incoming, outgoing } = c.env
      const setCookie = (cookie: string) => void outgoing.appendHeader('Set-Cookie', cookie)
      const viewer = this.#deps.viewerOf(incoming)
      return await serve({ viewer, params: sent.path, query, body, file, incoming, setCookie })
    } catch (error) {
      if (!(error instanceof InvalidInput)) throw error
      throw new Unprocessable(ruleErrors(error, { ...sent, body: raw }, operation.wire))
    }
  }

  #bytes(c: Context<RestEnv>, largest = this.#deps.limits.largest): Promise<Buffer> {
    const { limits, viewerOf } = this.#deps
    const isStranger = viewerOf(c.env.incoming).role === 'anonymous'
    return readBody(c.env.incoming, isStranger ? STRANGER_LIMITS : { ...limits, largest })
  }
}

const EMPTY = Buffer.alloc(0)

function redirect(c: Context<RestEnv>, location: string): Response {
  c.env.outgoing.writeHead(303, { Location: location, 'Cache-Control': 'no-store' }).end()
  return RESPONSE_ALREADY_SENT
}

/** @throws Unprocessable */
function readNumbers(names: readonly string[] | undefined, path: Record<string, string>): void {
  if (!names) return
  const parsed = z.object(Object.fromEntries(names.map((name) => [name, integer('')]))).safeParse(path)
  if (!parsed.success) throw new Unprocessable(shapeErrors(parsed.error, 'path', path))
}

function read<T>(schema: z.ZodType<T>, part: 'query' | 'body', raw: unknown): T {
  const parsed = schema.safeParse(raw)
  if (parsed.success) return parsed.data
  if (raw === undefined) throw new Unprocessable([missingError([part], null)])
  throw new Unprocessable(shapeErrors(parsed.error, part, raw))
}

/** Repeated ones make a list where a list is expected; else the last counts. */
function queryOf(c: Context<RestEnv>, schema: z.ZodObject | undefined): Record<string, string | string[]> {
  const query: Record<string, string | string[]> = {}
  for (const [name, shape] of Object.entries(schema?.shape ?? {})) {
    const values = c.req.queries(name)
    if (!values) continue
    query[name] = isList(shape as z.ZodType) ? values : (values.at(-1) as string)
  }
  return query
}

function isList(shape: z.ZodType): boolean {
  return shape instanceof z.ZodOptional ? isList(shape.unwrap() as z.ZodType) : shape instanceof z.ZodArray
}

function toBytes(answer: unknown): Buffer {
  return Buffer.from(JSON.stringify(answer, asNumber))
}

/** In Node 24, and not yet in TypeScript's library: https://github.com/tc39/proposal-json-parse-with-source */
interface RawJson extends JSON {
  rawJSON(text: string): unknown
}

/** A number that is too long for a double keeps its digits. */
function asNumber(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? (JSON as RawJson).rawJSON(String(value)) : value
}

/** The pattern of a path as Python matches it: a name is one segment, and not empty. */
function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}$`)
}

function describe<Param extends string, Query, Body, Answer>(operation: Operation<Param, Query, Body, Answer>) {
  const {
    method,
    path,
    tag,
    summary,
    description,
    params,
    numbers,
    longest,
    query,
    body,
    file,
    answer,
    answers,
    status = 200,
  } = operation
  const takesBody = body !== undefined || file !== undefined
  const config = {
    method,
    path,
    tags: [tag],
    summary,
    operationId: operationId(method, path),
    request: {
      ...(params && { params: z.object(mapped(params, numbers, longest)) }),
      ...(query && { query }),
      ...(body && {
        body: { content: { 'application/json': { schema: body } }, required: !body.safeParse(undefined).success },
      }),
      ...(file && { body: { content: { 'multipart/form-data': { schema: formWith(file) } }, required: true } }),
    },
    ...(operation.open && { security: [] }),
    responses: {
      ...(operation.redirects
        ? { 303: { description: answers } }
        : { [status]: { description: answers, content: { 'application/json': { schema: answer } } } }),
      ...describeErrors([...(operation.open ? [] : AUTHENTICATION), 'UNAVAILABLE', ...(operation.refuses ?? [])], {
        input: takesBody || query !== undefined || numbers !== undefined || longest !== undefined,
        body: takesBody,
      }),
    },
  }
  return (description === undefined ? config : { ...config, description }) as RouteConfig
}

/** What any operation may refuse that is not open. */
const AUTHENTICATION = ['UNAUTHENTICATED', 'FORBIDDEN'] as const

function formWith(file: string): z.ZodType {
  return z.object({ [file]: z.unknown().openapi({ type: 'string', format: 'binary', description: 'The file.' }) })
}

function mapped(
  params: Record<string, string>,
  numbers: readonly string[] = [],
  longest: Record<string, number | undefined> = {},
): Record<string, z.ZodType> {
  return Object.fromEntries(
    Object.entries(params).map(([name, description]) => [
      name,
      numbers.includes(name)
        ? integer(description)
        : z.string().openapi({ description, ...(longest[name] && { maxLength: longest[name] }) }),
    ]),
  )
}

/** Such as `post_groups_group_id_users`: what generated clients call it. */
function operationId(method: string, path: string): string {
  return `${method}_${path.replace('/api/', '').replace(/[{}]/g, '').replace(/\W+/g, '_')}`
}
