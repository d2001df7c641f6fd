import type { Client } from '@urql/core'
import { cacheExchange } from '@urql/exchange-graphcache'
import { flushSync } from 'svelte'
import { beforeEach, expect, test } from 'vitest'
import { cacheOptions } from '#lib/graphql/cache.ts'
import { page } from '../../testing/app.ts'
import { FakeServer, settled } from '../../testing/fake-server.ts'
import { inComponent } from '../../testing/in-component.ts'
import { GroupsView } from './view.svelte.ts'

const group = (id: number) => ({
  ...{ __typename: 'Group', id: `g${id}`, name: `team-${id}`, title: null, userCount: 0, peerAccess: false },
  ...{ createdAt: 'x', updatedAt: 'x', event: null, users: [] },
})
const pageOf = (total: number, ...ids: number[]) => ({
  groups: { __typename: 'GroupPage', total, items: ids.map(group) },
})
const events = { events: { __typename: 'EventPage', items: [] } }

let server: FakeServer
let client: Client
beforeEach(() => {
  server = new FakeServer()
  client = server.client([cacheExchange(cacheOptions)])
})

async function open(search = '') {
  page.url = new URL(`http://thon.test/groups${search}`)
  const { made } = inComponent(() => new GroupsView(), client)
  flushSync()
  await settled()
  return made
}

/** Answers everything that was asked since, by the number of the page; events are empty. */
async function answer(pages: Record<number, object>, from = 0) {
  for (const { variables, answer: reply } of server.asked.slice(from)) {
    const number = (variables as { page?: { number: number } }).page?.number
    await reply(number === undefined ? events : pages[number])
  }
  flushSync()
  await settled()
}

test('one page is loaded when it has all groups', async () => {
  const view = await open()
  await answer({ 1: pageOf(2, 1, 2) })
  expect(view.groups.map(({ name }) => name)).toEqual(['team-1', 'team-2'])
  expect(server.asked).toHaveLength(2)
})

test('further pages are loaded when there are more groups than one page has', async () => {
  const view = await open('?q=team')
  await answer({ 1: pageOf(1_002, 1, 2) })
  const asked = server.asked.slice(2).map(({ variables }) => variables)
  expect(asked).toEqual([{ filter: { search: 'team' }, page: { number: 2, size: 1_000 } }])
  await answer({ 2: pageOf(1_002, 3) }, 2)
  expect(view.groups.map(({ name }) => name)).toEqual(['team-1', 'team-2', 'team-3'])
})
