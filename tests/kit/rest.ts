import { z } from 'zod'
import type { TestApp } from './app.ts'

type Schema = Record<string, unknown>

/** An operation as `/openapi.json` describes it. */
export interface DescribedOperation {
  operationId: string
  summary?: string
  description?: string
  tags?: string[]
  parameters?: { name: string; in: 'path' | 'query'; required: boolean; description?: string; schema: Schema }[]
  requestBody?: { required: boolean; content: Record<string, { schema: Schema }> }
  responses: Record<string, { description: string; content?: Record<string, { schema: Schema }> }>
}

/** The answer to a request. */
export interface RestAnswer {
  status: number
  headers: Record<string, string | undefined>
  text: string
}

/** Status and parsed body of an answer. */
export interface RestReply<T> {
  status: number
  body: T
}

/** `/openapi.json`, read once for each app, to compare answers with it. */
export class Manual {
  readonly document: { paths: Record<string, Record<string, DescribedOperation>>; components: { schemas: Schema } }
  /** Every operation, with its method in upper case and its parameters in braces. */
  readonly operations: readonly { method: string; path: string; operation: DescribedOperation }[]
  readonly #patterns: { pattern: RegExp; operations: Record<string, DescribedOperation> }[]
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

  /** The schema itself, when it is given by its name. */
  resolve(schema: Schema): Schema {
    const name = typeof schema.$ref === 'string' ? schema.$ref.split('/').at(-1) : undefined
    return name === undefined ? schema : (this.document.components.schemas[name] as Schema)
  }

  /** @returns what is wrong with an answer: a status, content type or shape that is not described; null when it is fine */
  problem(method: string, path: string, { status, headers, text }: RestAnswer): string | null {
    const operation = this.#find(method, path)
    if (typeof operation === 'number')
      return status === operation ? null : `${status} where no operation is described: expected ${operation}`
    const described = operation.responses[status]
    if (!described) return `${status}, but only ${Object.keys(operation.responses).join(', ')} are described`
    const schema = described.content?.['application/json']?.schema
    if (!schema || headers['content-type'] !== 'application/json')
      return `content type ${headers['content-type']}, described: ${Object.keys(described.content ?? {}).join()}`
    const parsed = this.#typeOf(schema).safeParse(JSON.parse(text))
    return parsed.success ? null : `does not match the described shape: ${z.prettifyError(parsed.error)}`
  }

  /** The operation, or the status of a request that matches none. */
  #find(method: string, target: string): DescribedOperation | number {
    // Browsers take a backslash for a slash; THON does not.
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
      type = z.fromJSONSchema(strict(whole) as Parameters<typeof z.fromJSONSchema>[0])
      this.#types.set(schema, type)
    }
    return type
  }
}

const manuals = new WeakMap<TestApp, Manual>()

/**
 * Sends a request. An answer that `/openapi.json` does not describe fails the test.
 * @param body sent as JSON
 */
export async function rest<T = unknown>(
  app: TestApp,
  method: string,
  path: `/api/${string}`,
  body?: unknown,
): Promise<RestReply<T>> {
  const response = await fetch(`${app.url}${path}`, {
    method,
    ...(body === undefined ? {} : { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }),
  })
  const { status } = response
  const answer = { status, headers: Object.fromEntries(response.headers), text: await response.text() }
  const problem = (await Manual.of(app)).problem(method, path, answer)
  if (problem) throw new Error(`${method} ${path}\n→ ${status} ${answer.text}\n${problem}`)
  return { status, body: JSON.parse(answer.text || 'null') as T }
}

/** A copy that allows no properties but the described ones, and whole numbers of any size. */
function strict(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(strict)
  if (typeof schema !== 'object' || schema === null) return schema
  const copy = Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [
      key,
      key === '$ref' ? String(value).replace('#/components/schemas/', '#/$defs/') : strict(value),
    ]),
  )
  if (copy.type === 'integer') return { ...copy, type: 'number', multipleOf: 1 }
  return copy.type === 'object' && copy.properties && copy.additionalProperties === undefined
    ? { ...copy, additionalProperties: false }
    : copy
}

/** Decodes escapes; anything else stays. */
function decoded(path: string): string {
  return path.replace(/(?:%[\da-f]{2})+/gi, (run) => Buffer.from(run.replaceAll('%', ''), 'hex').toString())
}
