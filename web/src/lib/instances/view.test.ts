import { expect, test } from 'vitest'
import { isFiltered, pageParams, sortParam, variablesOf, viewOf } from './view.ts'

const view = (query: string) => viewOf(new URLSearchParams(query))

test('an empty URL shows the first 50 instances, newest first', () => {
  expect(variablesOf(view(''))).toEqual({
    filter: { search: '', states: [], group: null },
    sort: { field: 'CREATED_AT', descending: true },
    page: { number: 1, size: 50 },
  })
  expect(isFiltered(view(''))).toBe(false)
})

test('the URL carries search, states, group, sort, page and drawer', () => {
  const all = view('q=%20ann%20&state=running&state=FAILED&group=alpha&sort=username&page=3&size=100&id=x')
  expect(all).toEqual({
    ...{ search: 'ann', states: ['RUNNING', 'FAILED'], group: 'alpha', id: 'x' },
    ...{ sort: { key: 'username', descending: false }, page: { number: 3, size: 100 } },
  })
  expect(isFiltered(all)).toBe(true)
})

test.for(['page=0', 'page=1.5', 'page=x', 'size=7', 'state=exploded', 'sort=password', 'group='])(
  'an invalid %s in the URL is ignored',
  (query) => {
    expect(view(query)).toEqual(view(''))
  },
)

test('a click on a header sorts by it, and another one the other way', () => {
  const now = { key: 'createdAt', descending: true } as const
  expect(sortParam(now, 'username')).toBe('username')
  expect(sortParam({ key: 'username', descending: false }, 'username')).toBe('-username')
  expect(sortParam(now, 'createdAt')).toBe('createdAt')
  expect(sortParam({ key: 'username', descending: true }, 'createdAt')).toBeNull()
})

test('the URL leaves out the first page and the default size', () => {
  expect(pageParams({ number: 1, size: 50 })).toEqual({ page: null, size: null })
  expect(pageParams({ number: 2, size: 100 })).toEqual({ page: 2, size: 100 })
})
