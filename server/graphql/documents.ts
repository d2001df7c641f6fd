import { parse, validate, type DocumentNode, type GraphQLError, type GraphQLSchema } from 'graphql'

const KEPT = 500
/** Longest text that is kept, in characters; what dashboards send is shorter. */
const LONGEST_KEPT = 20_000

/** A parsed document, or why it is none. */
export type Parsed =
  { document: DocumentNode; errors?: undefined } | { document?: undefined; errors: readonly GraphQLError[] }

/** Parses and validates each query text once: dashboards send the same few over and over. */
export class Documents {
  readonly #schema: GraphQLSchema
  readonly #known = new Map<string, Parsed>()

  constructor(schema: GraphQLSchema) {
    this.#schema = schema
  }

  get(text: string): Parsed {
    const known = this.#known.get(text)
    if (known) return known
    const parsed = this.#parse(text)
    if (text.length > LONGEST_KEPT) return parsed
    if (this.#known.size >= KEPT) this.#known.delete(this.#known.keys().next().value as string)
    this.#known.set(text, parsed)
    return parsed
  }

  #parse(text: string): Parsed {
    try {
      const document = parse(text, { maxTokens: 4_000 })
      const errors = validate(this.#schema, document)
      return errors.length > 0 ? { errors } : { document }
    } catch (error) {
      return { errors: [error as GraphQLError] }
    }
  }
}
