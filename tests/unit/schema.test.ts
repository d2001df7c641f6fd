import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  isEnumType,
  isInputObjectType,
  isIntrospectionType,
  isObjectType,
  isSpecifiedScalarType,
  lexicographicSortSchema,
  printSchema,
} from 'graphql'
import { expect, test } from 'vitest'
import { schema } from '../../server/app/schema.ts'

test('schema.graphql is what the server serves', () => {
  const committed = readFileSync(join(import.meta.dirname, '../../schema.graphql'), 'utf8')
  expect(committed, 'run: npm run schema').toBe(`${printSchema(lexicographicSortSchema(schema))}\n`)
})

test('every type, input and root field is described', () => {
  const bare: string[] = []
  const look = (name: string, described: { description?: string | null }) => {
    if (!described.description?.trim() && !name.endsWith('.id')) bare.push(name)
  }
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]
  for (const type of Object.values(schema.getTypeMap())) {
    if (isIntrospectionType(type) || isSpecifiedScalarType(type)) continue
    look(type.name, type)
    if (isEnumType(type)) for (const value of type.getValues()) look(`${type.name}.${value.name}`, value)
    if (isInputObjectType(type))
      for (const field of Object.values(type.getFields())) look(`${type.name}.${field.name}`, field)
    if (!isObjectType(type)) continue
    for (const field of Object.values(type.getFields())) {
      // A field whose name says it all needs no description.
      if (roots.includes(type)) look(`${type.name}.${field.name}`, field)
      for (const arg of field.args) look(`${type.name}.${field.name}(${arg.name})`, arg)
    }
  }
  expect(bare).toEqual([])
})

test('the fields that clients depend on exist', () => {
  const names = (type: ReturnType<typeof schema.getQueryType>) => Object.keys(type?.getFields() ?? {})
  expect(names(schema.getQueryType())).toEqual(
    expect.arrayContaining('instances instance groups group events engine viewer activity'.split(' ')),
  )
  expect(names(schema.getMutationType())).toEqual(
    expect.arrayContaining(
      `createInstance pauseInstance resumeInstance restartInstance killInstance recreateInstance renewInstance
      pauseInstances resumeInstances killInstances createGroup updateGroup deleteGroup createUser updateUser deleteUser
      transferUser startUser startGroup importGroups deleteWorkspace`.split(/\s+/),
    ),
  )
  expect(names(schema.getSubscriptionType()).sort()).toEqual(
    `activityChanged configFileChanged consumerChanged engineChanged gatewayJobChanged gatewayStatusChanged groupChanged identityChanged instanceChanged lemonadeModelsChanged
    lemonadePullsChanged lemonadeSlotsChanged lemonadeStatsChanged lemonadeStatusChanged lemonadeSystemChanged
    settingChanged`.split(/\s+/),
  )
})
