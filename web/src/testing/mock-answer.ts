import {
  getNullableType,
  graphqlSync,
  isAbstractType,
  isEnumType,
  isInputObjectType,
  isInputType,
  isListType,
  isNonNullType,
  isObjectType,
  print,
  typeFromAST,
  type DocumentNode,
  type GraphQLInputType,
  type GraphQLOutputType,
  type GraphQLSchema,
  type TypeNode,
} from 'graphql'

/** An answer that fits the schema, with an id of its own for each object and two items in each list. */
export function mockAnswer(schema: GraphQLSchema, document: DocumentNode): Record<string, unknown> {
  let ids = 0
  const valueOf = (type: GraphQLOutputType, name: string): unknown => {
    const nullable = getNullableType(type)
    if (isListType(nullable)) return [valueOf(nullable.ofType, name), valueOf(nullable.ofType, name)]
    if (isEnumType(nullable)) return nullable.getValues()[0]?.value
    if (isObjectType(nullable)) return {}
    if (isAbstractType(nullable)) return { __typename: schema.getPossibleTypes(nullable)[0]?.name }
    if (nullable.name === 'ID') return `id-${(ids += 1)}`
    return { Int: 1, Float: 1.5, Boolean: true }[nullable.name] ?? name
  }
  const { data, errors } = graphqlSync({
    schema,
    source: print(document),
    variableValues: variablesOf(schema, document),
    fieldResolver: (_source, _args, _context, { returnType, fieldName }) => valueOf(returnType, fieldName),
  })
  if (errors || !data) throw new Error(`The query does not fit the schema: ${errors?.join(', ') ?? 'no data'}`)
  return JSON.parse(JSON.stringify(data)) as Record<string, unknown>
}

/** A value for each variable that must have one. */
export function variablesOf(schema: GraphQLSchema, document: DocumentNode): Record<string, unknown> {
  const operation = document.definitions.find((definition) => definition.kind === 'OperationDefinition')
  return Object.fromEntries(
    (operation?.variableDefinitions ?? [])
      .filter(({ type, defaultValue }) => type.kind === 'NonNullType' && !defaultValue)
      .map(({ variable, type }) => [variable.name.value, inputOf(typeOf(schema, type))]),
  )
}

function typeOf(schema: GraphQLSchema, type: TypeNode): GraphQLInputType | undefined {
  if (type.kind === 'NonNullType') return typeOf(schema, type.type)
  const found = type.kind === 'ListType' ? typeFromAST(schema, type) : schema.getType(type.name.value)
  return isInputType(found) ? found : undefined
}

function inputOf(type: GraphQLInputType | undefined): unknown {
  const nullable = getNullableType(type)
  if (!nullable) return null
  if (isListType(nullable)) return []
  if (isEnumType(nullable)) return nullable.getValues()[0]?.name
  if (isInputObjectType(nullable)) {
    const required = Object.values(nullable.getFields()).filter((field) => isNonNullType(field.type))
    return Object.fromEntries(required.map((field) => [field.name, inputOf(field.type)]))
  }
  return { Int: 1, Float: 1.5, Boolean: true }[nullable.name] ?? 'x'
}
