import { existsSync, readFileSync } from 'node:fs'
import { generate, type CodegenConfig } from '@graphql-codegen/cli'
import { getNamedType, introspectionFromSchema, isInputType, type GraphQLSchema, type IntrospectionType } from 'graphql'

type Preset = Exclude<Extract<CodegenConfig['generates'][string], { preset?: unknown }>['preset'], string | undefined>

/** Writes the schema as Graphcache wants it: without descriptions, and without what it never looks at. */
const introspection: Preset = {
  buildGeneratesSection: (options) => [
    {
      filename: options.baseOutputDir,
      pluginMap: { introspection: { plugin: (schema: GraphQLSchema) => slimIntrospection(schema) } },
      plugins: [{ introspection: {} }],
      schema: options.schema,
      schemaAst: options.schemaAst,
      documents: [],
      config: {},
    },
  ],
}

function slimIntrospection(schema: GraphQLSchema): string {
  const { __schema } = introspectionFromSchema(schema, { descriptions: false })
  const isPlain = (name: string) => {
    const type = schema.getType(name)
    return type !== undefined && isInputType(getNamedType(type))
  }
  // Scalars, enums and inputs are all the same to the cache: one scalar `Any` stands for each of them.
  const slimRef = (ref: SlimRef): SlimRef =>
    ref.ofType
      ? { kind: ref.kind, ofType: slimRef(ref.ofType) }
      : isPlain(ref.name ?? '')
        ? { kind: 'SCALAR', name: 'Any' }
        : { kind: ref.kind, name: ref.name }
  const slimType = (type: IntrospectionType) =>
    type.kind === 'OBJECT' && {
      kind: type.kind,
      name: type.name,
      fields: type.fields.map((field) => ({ name: field.name, type: slimRef(field.type as SlimRef), args: [] })),
      interfaces: [],
    }
  const types = __schema.types
    .filter((type) => !type.name.startsWith('__'))
    .map(slimType)
    .filter(Boolean)
  const { queryType, mutationType, subscriptionType } = __schema
  const slim = { queryType, mutationType, subscriptionType, types: [...types, { kind: 'SCALAR', name: 'Any' }] }
  return JSON.stringify({ __schema: slim })
}

interface SlimRef {
  kind: string
  name?: string | null
  ofType?: SlimRef | null
}

/** `npm run codegen`: the dashboard's typed documents, made from schema.graphql and the graphql(`…`) in web/src. */
const config: CodegenConfig = {
  schema: 'schema.graphql',
  documents: ['web/src/**/*.ts', '!web/src/lib/graphql/generated/**', '!web/src/**/*.test.ts'],
  ignoreNoDocuments: true,
  silent: true,
  errorsOnly: true,
  generates: {
    'web/src/lib/graphql/generated/': {
      preset: 'client',
      presetConfig: { fragmentMasking: false },
      config: {
        useTypeImports: true,
        enumType: 'string-literal',
        strictScalars: true,
        scalars: { DateTime: 'string' },
        importExtension: '.ts',
      },
    },
    'web/src/lib/graphql/generated/introspection.json': { preset: introspection },
  },
}

const checking = process.argv.includes('--check')
const files = (await generate(config, !checking)) as { filename: string; content: string }[]
for (const { filename, content } of checking ? files : []) {
  if (existsSync(filename) && readFileSync(filename, 'utf8') === content) continue
  console.error(`${filename} is not up to date; run: npm run codegen`)
  process.exitCode = 1
}
