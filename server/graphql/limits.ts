import { maxAliasesRule } from '@escape.tech/graphql-armor-max-aliases'
import { maxDepthRule } from '@escape.tech/graphql-armor-max-depth'
import { MaxTokensParserWLexer } from '@escape.tech/graphql-armor-max-tokens'
import {
  getNamedType,
  getNullableType,
  GraphQLError,
  isInterfaceType,
  isListType,
  isObjectType,
  Kind,
  validate,
  type ASTVisitor,
  type DocumentNode,
  type GraphQLNamedType,
  type GraphQLSchema,
  type SelectionNode,
  type Source,
  type ValidationContext,
  type ValidationRule,
} from 'graphql'

/** The dashboard needs 75, GraphiQL's introspection about 200. Parsing nests as deep; a stack overflows from 1500 on. */
const MOST_TOKENS = 1_000
/** The dashboard needs 5. Introspection is not counted: a rule of graphql itself keeps that from nesting. */
const DEEPEST = 8
/** The dashboard needs 1. */
const MOST_ALIASES = 30
/** The dashboard needs 1800, of which a list of groups with everybody in them is the most. */
const HIGHEST_COST = 10_000
/** How many rows a list is taken to have. */
const ROWS = 10

const LIMITS: readonly ValidationRule[] = [
  maxDepthRule({
    n: DEEPEST,
    flattenFragments: true,
    propagateOnRejection: false,
    onReject: [(context) => context?.reportError(tooComplex(`The query is nested deeper than ${DEEPEST} fields.`))],
  }),
  maxAliasesRule({
    n: MOST_ALIASES,
    // By default as many __typename as one likes.
    allowList: [],
    propagateOnRejection: false,
    onReject: [(context) => context?.reportError(tooComplex(`The query has more than ${MOST_ALIASES} aliases.`))],
  }),
  costRule,
]

/**
 * Parses a document of at most so many tokens.
 * @throws GraphQLError as `parse` of graphql does
 */
export function parseWithin(text: string | Source): DocumentNode {
  const refuse = () => {
    throw tooComplex(`The query has more than ${MOST_TOKENS} tokens. Send lists and long texts as variables.`)
  }
  return new MaxTokensParserWLexer(text, { n: MOST_TOKENS, onReject: [refuse] }).parseDocument()
}

/**
 * Validates a document. Our limits come first: they take little time whatever is sent, which GraphQL's own rules do not.
 * @param rules GraphQL's own, if not the usual
 */
export function validateWithin(
  schema: GraphQLSchema,
  document: DocumentNode,
  rules?: readonly ValidationRule[],
): readonly GraphQLError[] {
  const beyond = validate(schema, document, LIMITS)
  return beyond.length > 0 ? beyond : validate(schema, document, rules)
}

function tooComplex(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'QUERY_TOO_COMPLEX' } })
}

/**
 * How many fields an operation may be answered with, each list taken to have so many rows. The rule of GraphQL Armor
 * does not know which fields are lists, so that groups in groups in groups cost it less than one row of the dashboard.
 */
function costRule(context: ValidationContext): ASTVisitor {
  // What a fragment costs is told by its own type, so once is enough however often it is spread.
  const known = new Map<string, number>()

  const costOfFragment = (name: string): number => {
    const fragment = context.getFragment(name)
    if (!known.has(name)) {
      // For a fragment that spreads itself, which the validation after this refuses.
      known.set(name, 0)
      if (fragment) known.set(name, costOf(fragment.selectionSet.selections, typeOf(fragment.typeCondition.name.value)))
    }
    return known.get(name) ?? 0
  }

  const typeOf = (name: string) => context.getSchema().getType(name)

  const costOfOne = (selection: SelectionNode, type: GraphQLNamedType | undefined): number => {
    if (selection.kind === Kind.FRAGMENT_SPREAD) return costOfFragment(selection.name.value)
    const below = selection.selectionSet?.selections ?? []
    if (selection.kind === Kind.INLINE_FRAGMENT)
      return costOf(below, selection.typeCondition ? typeOf(selection.typeCondition.name.value) : type)
    const field = isObjectType(type) || isInterfaceType(type) ? type.getFields()[selection.name.value] : undefined
    if (!field) return 1
    return 1 + (isListType(getNullableType(field.type)) ? ROWS : 1) * costOf(below, getNamedType(field.type))
  }

  const costOf = (selections: readonly SelectionNode[], type: GraphQLNamedType | undefined): number =>
    selections.reduce((sum, selection) => sum + costOfOne(selection, type), 0)

  return {
    OperationDefinition: ({ operation, selectionSet }) => {
      const cost = costOf(selectionSet.selections, context.getSchema().getRootType(operation) ?? undefined)
      if (cost > HIGHEST_COST)
        context.reportError(
          tooComplex(
            `The query may be answered with more than ${HIGHEST_COST} fields, if its lists have ${ROWS} rows.`,
          ),
        )
    },
  }
}
