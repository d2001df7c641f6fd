import type { DocumentNode, GraphQLError, GraphQLSchema } from 'graphql'
import { parseWithin, validateWithin } from './limits.ts'

const MOST_KEPT = 500
/** Longest text that is kept, in characters; what dashboards send is shorter. */
const LONGEST_KEPT = 5_000
/** Of all texts together. Parsed, a character takes up to 250 bytes; what all pages of the dashboard send has 12,000. */
const MOST_CHARACTERS = 150_000

/** A parsed document, or why it is none. */
export type Parsed =
  { document: DocumentNode; errors?: undefined } | { document?: undefined; errors: readonly GraphQLError[] }

/** What was made of texts, for those that were asked for last. Whoever sends others takes no more room than this. */
export class KeptByText<T> {
  readonly #kept = new Map<string, T>()
  #characters = 0

  get(text: string): T | undefined {
    const kept = this.#kept.get(text)
    if (kept === undefined) return undefined
    // To the end: the first are forgotten.
    this.#kept.delete(text)
    this.#kept.set(text, kept)
    return kept
  }

  set(text: string, value: T): void {
    if (text.length > LONGEST_KEPT) return
    if (!this.#kept.has(text)) this.#characters += text.length
    this.#kept.set(text, value)
    for (const first of this.#kept.keys()) {
      if (this.#kept.size <= MOST_KEPT && this.#characters <= MOST_CHARACTERS) return
      this.#kept.delete(first)
      this.#characters -= first.length
    }
  }
}

/** Parses and validates each query text once: dashboards send the same few over and over. Keeps none it refused. */
export class Documents {
  readonly #schema: GraphQLSchema
  readonly #known = new KeptByText<Parsed>()

  constructor(schema: GraphQLSchema) {
    this.#schema = schema
  }

  get(text: string): Parsed {
    const known = this.#known.get(text)
    if (known) return known
    const parsed = this.#parse(text)
    if (parsed.document) this.#known.set(text, parsed)
    return parsed
  }

  #parse(text: string): Parsed {
    try {
      const document = parseWithin(text)
      const errors = validateWithin(this.#schema, document)
      return errors.length > 0 ? { errors } : { document }
    } catch (error) {
      return { errors: [error as GraphQLError] }
    }
  }
}
