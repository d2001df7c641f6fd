import { beforeEach, expect, test } from 'vitest'
import { goto, page } from '../../testing/app.ts'
import { setParams } from './url-state.ts'

beforeEach(() => {
  page.url = new URL('http://thon.test/instances?state=Running&state=Paused&page=3')
})

test('a parameter is set, and the others stay', () => {
  setParams({ q: 'ann' })
  expect(goto).toHaveBeenCalledWith('?state=Running&state=Paused&page=3&q=ann', expect.anything())
})

test('null and empty text remove a parameter', () => {
  setParams({ page: null, state: '' })
  expect(goto).toHaveBeenCalledWith('/instances', expect.anything())
})

test('a list becomes one parameter for each of its values', () => {
  setParams({ state: ['Failed', 'Stopping'], page: 4 })
  expect(goto).toHaveBeenCalledWith('?state=Failed&state=Stopping&page=4', expect.anything())
})

test('typing and sorting replace the step of the history, and keep scroll and focus', () => {
  setParams({ q: 'ann' })
  expect(goto).toHaveBeenCalledWith(expect.anything(), { replace: true, reset: false })
})

test('opening something and paging add a step to the history', () => {
  setParams({ page: 4 }, true)
  expect(goto).toHaveBeenCalledWith(expect.anything(), { replace: false, reset: false })
})
