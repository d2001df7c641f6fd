import type { DocumentNode, GraphQLError, GraphQLSchema } from 'graphql'
import { LRUCache } from 'lru-cache'
import { parseWithin, validateWithin } from './limits.ts'

const MAX_ENTRIES = 500
/** Longest text that is cached, in characters; what dashboards send is shorter. */
const MAX_ENTRY_CHARACTERS = 5_000
/** Of all texts together. A parsed character takes up to 250 bytes; all pages of the dashboard together send 12,000. */
const MAX_CHARACTERS = 150_000

/** A parsed document, or the reasons why it was refused. */
export type ParsedDocument =
  { document: DocumentNode; errors?: undefined } | { document?: undefined; errors: readonly GraphQLError[] }

/**
 * A cache by query text, least recently used first out. Its size is bounded in characters, so that a client that sends
 * ever new texts takes no more room than this.
 */
export function cacheByText<T extends object>(): LRUCache<string, T> {
  return new LRUCache({
    max: MAX_ENTRIES,
    maxSize: MAX_CHARACTERS,
    maxEntrySize: MAX_ENTRY_CHARACTERS,
    sizeCalculation: (_value, text) => text.length || 1,
  })
}

/** Parses and validates each query text once: dashboards send the same few over and over. What was refused is not cached. */
export class Documents {
  readonly #schema: GraphQLSchema
  readonly #cache = cacheByText<ParsedDocument>()

  constructor(schema: GraphQLSchema) {
    this.#schema = schema
  }

  get(text: string): ParsedDocument {
    const known = this.#cache.get(text)
    if (known) return known
    const parsed = this.#parse(text)
    if (parsed.document) this.#cache.set(text, parsed)
    return parsed
  }

  #parse(text: string): ParsedDocument {
    try {
      const document = parseWithin(text)
      const errors = validateWithin(this.#schema, document)
      return errors.length > 0 ? { errors } : { document }
    } catch (error) {
      return { errors: [error as GraphQLError] }
    }
  }
}
