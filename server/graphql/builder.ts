import SchemaBuilder from '@pothos/core'
import PrismaPlugin from '@pothos/plugin-prisma'
import { GraphQLScalarType } from 'graphql'
import type PrismaTypes from '../../prisma/generated/pothos.ts'
import { getDatamodel } from '../../prisma/generated/pothos.ts'
import type { GraphContext } from './context.ts'

interface SchemaTypes {
  Context: GraphContext
  PrismaTypes: PrismaTypes
  DefaultFieldNullability: false
  Scalars: {
    ID: { Input: string; Output: string }
    DateTime: { Input: never; Output: Date }
  }
}

/** The one schema builder; each feature's graphql.ts adds its own types and fields to it. */
export const builder = new SchemaBuilder<SchemaTypes>({
  plugins: [PrismaPlugin],
  defaultFieldNullability: false,
  prisma: {
    client: (context) => context.db,
    dmmf: getDatamodel(),
    onUnusedQuery: null,
  },
})

builder.addScalarType(
  'DateTime',
  new GraphQLScalarType<never, string>({
    name: 'DateTime',
    description: 'A moment, as ISO 8601 in UTC with milliseconds: 2026-11-23T10:15:30.000Z. Output only.',
    serialize: (value) => (value as Date).toISOString(),
  }),
)

builder.queryType({ description: 'What is there now.' })
builder.mutationType({
  description:
    'Commands. Each is written to the activity log. A refusal is an error with `extensions.code` (INVALID_INPUT, TOO_LARGE, NOT_FOUND, CONFLICT, FORBIDDEN, UNAVAILABLE) and, for input, `extensions.fields`.',
})
builder.subscriptionType({
  description:
    'What changes, over graphql-transport-ws on this path. Topics of changes first send one frame of kind READY: it means "listening now". Query after it, apply the frames that follow, and nothing is missed; do the same after every reconnect.',
})

/** The kinds of change, in every topic of changes. */
/**
 * Values of an enum in the schema's case: `Pending` and `createdAt` inside are `PENDING` and `CREATED_AT` outside.
 * @param values what each value means, by the word that the server uses
 */
export function screaming<const Value extends string>(values: Record<Value, { description?: string }>) {
  return Object.fromEntries(
    Object.entries<{ description?: string }>(values).map(([value, options]) => [
      value.replace(/(?<=[a-z])(?=[A-Z])|[ -]/g, '_').toUpperCase(),
      { ...options, value },
    ]),
  ) as Record<string, { description?: string; value: Value }>
}

/** How a row changed. */
export const ChangeKind = builder.enumType('ChangeKind', {
  description: 'What happened to a row.',
  values: {
    READY: { description: 'Nothing happened: the subscription listens now. Sent first, once, without a row.' },
    ADDED: { description: 'It is new.' },
    UPDATED: { description: 'It is as the frame says now.' },
    REMOVED: { description: 'It is gone; the frame shows it as it last was.' },
  } as const,
})
