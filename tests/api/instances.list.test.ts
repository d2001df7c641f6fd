import type { InstanceState } from '../../prisma/generated/client/client.ts'
import { beforeEach, expect, test } from 'vitest'
import { fold } from '../../server/core/input.ts'
import { startApp, type TestApp } from '../kit/app.ts'

interface Page {
  total: number
  number: number
  size: number
  items: { groupName: string; username: string; state: string }[]
  counts: { state: string; count: number }[]
}

const LIST = `query ($filter: InstanceFilter, $sort: InstanceSort, $page: PageInput) {
  instances(filter: $filter, sort: $sort, page: $page) {
    total number size items { groupName username state } counts { state count }
  }
}`

let app: TestApp

async function list(variables: object = {}): Promise<Page> {
  return (await app.execute<{ instances: Page }>(LIST, { ...variables })).instances
}

async function names(variables: object = {}): Promise<string[]> {
  return (await list(variables)).items.map((item) => `${item.groupName}/${item.username}`)
}

/** Rows written to the database; nothing starts. */
async function store(rows: [group: string, username: string, state: InstanceState, expiresAt?: Date][]): Promise<void> {
  for (const [index, [group, username, state, expiresAt]] of rows.entries())
    await app.db.instance.create({
      data: {
        ...{ group, username, state, search: fold(`${group} ${username}`) },
        ...{ activeKey: null, port: 8443, secure: false, image: 'i', volume: 'v', engine: 'process', expiresAt },
        createdAt: new Date(1_700_000_000_000 + index * 1000),
      },
    })
}

beforeEach(async () => {
  app = await startApp()
})

test('instances come newest first unless sorted otherwise', async () => {
  await store([
    ['b', 'x', 'Running'],
    ['a', 'y', 'Paused'],
    ['c', 'z', 'Failed'],
  ])
  expect(await names()).toEqual(['c/z', 'a/y', 'b/x'])
  expect(await names({ sort: { field: 'CREATED_AT' } })).toEqual(['b/x', 'a/y', 'c/z'])
  expect(await names({ sort: { field: 'GROUP' } })).toEqual(['a/y', 'b/x', 'c/z'])
  expect(await names({ sort: { field: 'GROUP', descending: true } })).toEqual(['c/z', 'b/x', 'a/y'])
  expect(await names({ sort: { field: 'USERNAME', descending: true } })).toEqual(['c/z', 'a/y', 'b/x'])
  expect(await names({ sort: { field: 'STATE' } })).toEqual(['c/z', 'a/y', 'b/x'])
})

test('sorted by expiry, instances without a limit come last', async () => {
  await store([
    ['never', 'x', 'Running'],
    ['late', 'y', 'Running', new Date(3e12)],
    ['soon', 'z', 'Running', new Date(2.9e12)],
  ])
  expect(await names({ sort: { field: 'EXPIRES_AT' } })).toEqual(['soon/z', 'late/y', 'never/x'])
  expect(await names({ sort: { field: 'EXPIRES_AT', descending: true } })).toEqual(['late/y', 'soon/z', 'never/x'])
})

test.for([
  ['part of a user name', 'nn', ['Alpha/ann']],
  ['part of a group name in another case', 'ALPH', ['Alpha/ann']],
  ['another script in another case', 'ПРИВ', ['Привет/zoë']],
  ['an accent in another form', 'zoe\u0308', ['Привет/zoë']],
  ['spaces around it', '  ann ', ['Alpha/ann']],
  ['nothing', '', ['Привет/zoë', 'a_b/c%d', 'axb/cyd', 'Alpha/ann']],
  ['an underscore as itself', '_', ['a_b/c%d']],
  ['a percent sign as itself', '%', ['a_b/c%d']],
  ['a backslash', '\\', []],
  ['nothing for an unknown name', 'nobody', []],
] as const)('search finds %s', async ([, search, found]) => {
  await store([
    ['Alpha', 'ann', 'Running'],
    ['axb', 'cyd', 'Running'],
    ['a_b', 'c%d', 'Running'],
    ['Привет', 'zoë', 'Paused'],
  ])
  expect(await names({ filter: { search } })).toEqual(found)
})

test('filters by state, group and search all have to match', async () => {
  await store([
    ['a', 'x', 'Running'],
    ['a', 'y', 'Paused'],
    ['b', 'x', 'Running'],
    ['ab', 'x', 'Failed'],
  ])
  expect(await names({ filter: { states: ['RUNNING'] } })).toEqual(['b/x', 'a/x'])
  expect(await names({ filter: { states: ['RUNNING', 'FAILED'] } })).toEqual(['ab/x', 'b/x', 'a/x'])
  expect(await names({ filter: { states: [] } })).toHaveLength(4)
  expect(await names({ filter: { group: 'a' } })).toEqual(['a/y', 'a/x'])
  expect(await names({ filter: { group: 'a', states: ['RUNNING'], search: 'x' } })).toEqual(['a/x'])
})

test('a page has the requested size, and the total of all pages', async () => {
  await store(Array.from({ length: 25 }, (_, index) => ['g', `u${String(index).padStart(2, '0')}`, 'Running']))
  const sort = { field: 'USERNAME' }
  const second = await list({ sort, page: { number: 2, size: 10 } })
  expect(second).toMatchObject({ total: 25, number: 2, size: 10 })
  expect(second.items.map((item) => item.username)).toEqual(Array.from({ length: 10 }, (_, index) => `u${10 + index}`))
  expect((await list({ sort, page: { number: 3, size: 10 } })).items).toHaveLength(5)
  expect((await list({ sort, page: { number: 4, size: 10 } })).items).toEqual([])
  expect(await list()).toMatchObject({ number: 1, size: 50 })
})

test('rows that sort alike appear once each over all pages', async () => {
  await store(Array.from({ length: 12 }, (_, index) => ['same', `u${index}`, 'Running']))
  const seen = new Set<string>()
  for (let number = 1; number <= 4; number++)
    for (const name of await names({ sort: { field: 'GROUP' }, page: { number, size: 3 } })) seen.add(name)
  expect(seen.size).toBe(12)
})

test('counts ignore the filter by state', async () => {
  await store([
    ['a', 'x', 'Running'],
    ['a', 'y', 'Paused'],
    ['a', 'z', 'Running'],
    ['b', 'x', 'Failed'],
  ])
  const page = await list({ filter: { group: 'a', states: ['PAUSED'] } })
  expect(page.total).toBe(1)
  expect(page.counts).toEqual([
    { state: 'PAUSED', count: 1 },
    { state: 'RUNNING', count: 2 },
  ])
})

test.for([
  [{ page: { number: 0 } }, 'page.number'],
  [{ page: { size: 0 } }, 'page.size'],
  [{ page: { size: 1001 } }, 'page.size'],
  [{ filter: { search: 'x'.repeat(201) } }, 'filter.search'],
] as const)('%j is refused with the name of its field', async ([variables, field]) => {
  const refusal = await app.refused(LIST, { ...variables })
  expect(refusal.code).toBe('INVALID_INPUT')
  expect(refusal.fields?.map((one) => one.field)).toEqual([field])
})

test('unknown sort fields and states are refused by name', async () => {
  expect((await app.refused(LIST, { sort: { field: 'password' } })).message).toContain('"password" does not exist')
  expect((await app.refused(LIST, { filter: { states: ['Exploded'] } })).message).toContain('"Exploded" does not exist')
})
