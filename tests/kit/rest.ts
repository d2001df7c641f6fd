import { z } from 'zod'
import type { TestApp } from './app.ts'

type Schema = Record<string, unknown>

/** An operation as `/openapi.json` describes it. */
export interface Described {
  operationId: string
  summary?: string
  description?: string
  tags?: string[]
  parameters?: { name: string; in: 'path' | 'query'; required: boolean; description?: string; schema: Schema }[]
  requestBody?: { required: boolean; content: Record<string, { schema: Schema }> }
  responses: Record<string, { description: string; content?: Record<string, { schema: Schema }> }>
}

/** What a request was answered with. */
export interface Told {
  status: number
  headers: Record<string, string | undefined>
  text: string
}

/** `/openapi.json`, read once, and held against what is really answered. */
export class Manual {
  readonly document: { paths: Record<string, Record<string, Described>>; components: { schemas: Schema } }
  /** Every operation, with its method in capitals and its path in braces. */
  readonly operations: readonly { method: string; path: string; operation: Described }[]
  readonly #patterns: { pattern: RegExp; operations: Record<string, Described> }[]
  readonly #types = new Map<Schema, z.ZodType>()

  constructor(document: Manual['document']) {
    this.document = document
    this.operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
    )
    this.#patterns = Object.entries(document.paths).map(([path, operations]) => ({
      pattern: new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}$`),
      operations,
    }))
  }

  static async of(app: TestApp): Promise<Manual> {
    let manual = manuals.get(app)
    if (!manual) {
      manual = new Manual((await (await fetch(`${app.url}/openapi.json`)).json()) as Manual['document'])
      manuals.set(app, manual)
    }
    return manual
  }

  /** The schema itself, where it stands by its name. */
  resolve(schema: Schema): Schema {
    const name = typeof schema.$ref === 'string' ? schema.$ref.split('/').at(-1) : undefined
    return name === undefined ? schema : (this.document.components.schemas[name] as Schema)
  }

  /** @returns what is wrong with an answer, or null: a status, a type or a shape that the manual does not tell */
  complaint(method: string, path: string, { status, headers, text }: Told): string | null {
    const operation = this.#find(method, path)
    if (typeof operation === 'number')
      return status === operation ? null : `${status} where the manual has no operation: ${operation} was due`
    const described = operation.responses[status]
    if (!described) return `${status}, but only ${Object.keys(operation.responses).join(', ')} are described`
    const schema = described.content?.['application/json']?.schema
    if (!schema || headers['content-type'] !== 'application/json')
      return `content type ${headers['content-type']}, described: ${Object.keys(described.content ?? {}).join()}`
    const parsed = this.#typeOf(schema).safeParse(JSON.parse(text))
    return parsed.success ? null : `not of the described shape: ${z.prettifyError(parsed.error)}`
  }

  /** The operation, or the status of a request that is none. */
  #find(method: string, target: string): Described | number {
    // A backslash is no slash, as it would be on the web.
    const path = decoded(new URL(`http://localhost${target.replaceAll('\\', '%5C')}`).pathname)
    const matching = this.#patterns.filter(({ pattern }) => pattern.test(path))
    for (const { operations } of matching) {
      const operation = operations[method.toLowerCase()]
      if (operation) return operation
    }
    if (matching.length > 0) return 405
    return path.endsWith('/') && this.#patterns.some(({ pattern }) => pattern.test(path.slice(0, -1))) ? 307 : 404
  }

  #typeOf(schema: Schema): z.ZodType {
    let type = this.#types.get(schema)
    if (!type) {
      const whole = { $defs: this.document.components.schemas, ...schema }
      type = z.fromJSONSchema(exact(whole) as Parameters<typeof z.fromJSONSchema>[0])
      this.#types.set(schema, type)
    }
    return type
  }
}

const manuals = new WeakMap<TestApp, Manual>()

/**
 * Sends a request, and fails the test when the answer is not one that `/openapi.json` describes.
 * @param body sent as JSON
 */
export async function rest<T = unknown>(
  app: TestApp,
  method: string,
  path: `/api/${string}`,
  body?: unknown,
): Promise<{ status: number; body: T }> {
  const response = await fetch(`${app.url}${path}`, {
    method,
    ...(body === undefined ? {} : { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }),
  })
  const { status } = response
  const told = { status, headers: Object.fromEntries(response.headers), text: await response.text() }
  const complaint = (await Manual.of(app)).complaint(method, path, told)
  if (complaint) throw new Error(`${method} ${path}\n→ ${status} ${told.text}\n${complaint}`)
  return { status, body: JSON.parse(told.text || 'null') as T }
}

/** A copy in which objects have no more than their described properties, and whole numbers may be of any size. */
function exact(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(exact)
  if (typeof schema !== 'object' || schema === null) return schema
  const copy = Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [
      key,
      key === '$ref' ? String(value).replace('#/components/schemas/', '#/$defs/') : exact(value),
    ]),
  )
  if (copy.type === 'integer') return { ...copy, type: 'number', multipleOf: 1 }
  return copy.type === 'object' && copy.properties && copy.additionalProperties === undefined
    ? { ...copy, additionalProperties: false }
    : copy
}

/** What is no escape stays. */
function decoded(path: string): string {
  return path.replace(/(?:%[\da-f]{2})+/gi, (run) => Buffer.from(run.replaceAll('%', ''), 'hex').toString())
}
