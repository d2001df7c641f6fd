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

/** The dashboard needs 150, GraphiQL's introspection about 200. The parser recurses this deep; the stack overflows at 1500. */
const MAX_TOKENS = 1_000
/** The dashboard needs 5. Introspection is not counted: a rule of graphql limits that. */
const MAX_DEPTH = 8
/** The dashboard needs 1. */
const MAX_ALIASES = 30
/** The dashboard needs 1800, mostly for the list of groups with all their users. */
const MAX_COST = 10_000
/** Rows that a list is assumed to have. */
const ROWS_OF_LIST = 10

const LIMITS: readonly ValidationRule[] = [
  maxDepthRule({
    n: MAX_DEPTH,
    flattenFragments: true,
    propagateOnRejection: false,
    onReject: [(context) => context?.reportError(tooComplex(`The query is nested deeper than ${MAX_DEPTH} fields.`))],
  }),
  maxAliasesRule({
    n: MAX_ALIASES,
    // The default allows any number of __typename.
    allowList: [],
    propagateOnRejection: false,
    onReject: [(context) => context?.reportError(tooComplex(`The query has more than ${MAX_ALIASES} aliases.`))],
  }),
  costRule,
]

/**
 * Parses a document of at most MAX_TOKENS tokens.
 * @throws GraphQLError as `parse` of graphql does
 */
export function parseWithin(text: string | Source): DocumentNode {
  const refuse = () => {
    throw tooComplex(`The query has more than ${MAX_TOKENS} tokens. Send lists and long texts as variables.`)
  }
  return new MaxTokensParserWLexer(text, { n: MAX_TOKENS, onReject: [refuse] }).parseDocument()
}

/**
 * Validates a document. Our limits come first: they are fast for any input, which GraphQL's own rules are not.
 * @param rules GraphQL's rules; its specified ones by default
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
 * Limits how many fields the answer to an operation can have, assuming ROWS_OF_LIST rows per list. The rule of GraphQL
 * Armor does not know which fields are lists, so groups in groups in groups would cost less than one row of the dashboard.
 */
function costRule(context: ValidationContext): ASTVisitor {
  // A fragment's cost depends only on its own type, so it is computed once however often it is spread.
  const known = new Map<string, number>()

  const costOfFragment = (name: string): number => {
    const fragment = context.getFragment(name)
    if (!known.has(name)) {
      // Ends the recursion of a fragment that spreads itself; later validation refuses it.
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
    return 1 + (isListType(getNullableType(field.type)) ? ROWS_OF_LIST : 1) * costOf(below, getNamedType(field.type))
  }

  const costOf = (selections: readonly SelectionNode[], type: GraphQLNamedType | undefined): number =>
    selections.reduce((sum, selection) => sum + costOfOne(selection, type), 0)

  return {
    OperationDefinition: ({ operation, selectionSet }) => {
      const cost = costOf(selectionSet.selections, context.getSchema().getRootType(operation) ?? undefined)
      if (cost > MAX_COST)
        context.reportError(
          tooComplex(`The answer could have more than ${MAX_COST} fields if each list has ${ROWS_OF_LIST} rows.`),
        )
    },
  }
}
