import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { lexicographicSortSchema, printSchema } from 'graphql'
import { expect, test } from 'vitest'
import { schema } from '../../server/app/schema.ts'

test('schema.graphql is what the server serves', () => {
  const committed = readFileSync(join(import.meta.dirname, '../../schema.graphql'), 'utf8')
  expect(committed, 'run: npm run schema').toBe(`${printSchema(lexicographicSortSchema(schema))}\n`)
})

test('every query, mutation and subscription is described', () => {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]
  const bare = roots.flatMap((root) =>
    Object.values(root?.getFields() ?? {}).filter(({ description }) => !description?.trim()),
  )
  expect(bare.map(({ name }) => name)).toEqual([])
})

test('everything that was promised is there', () => {
  const names = (type: ReturnType<typeof schema.getQueryType>) => Object.keys(type?.getFields() ?? {})
  expect(names(schema.getQueryType())).toEqual(
    expect.arrayContaining('instances instance groups group events engine viewer activity'.split(' ')),
  )
  expect(names(schema.getMutationType())).toEqual(
    expect.arrayContaining(
      `createInstance pauseInstance resumeInstance restartInstance killInstance recreateInstance renewInstance
      pauseInstances resumeInstances killInstances createGroup renameGroup deleteGroup addUser renameUser removeUser
      transferUser startUser startGroup importGroups deleteWorkspace`.split(/\s+/),
    ),
  )
  expect(names(schema.getSubscriptionType()).sort()).toEqual(
    `activityAdded configFileChanged consumerChanged engineChanged gatewayJobChanged gatewayStatusChanged groupChanged identityChanged instanceChanged lemonadeModelsChanged
    lemonadePullsChanged lemonadeSlotsChanged lemonadeStatsChanged lemonadeStatusChanged lemonadeSystemChanged
    settingChanged`.split(/\s+/),
  )
})
