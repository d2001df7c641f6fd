import { expect, test } from 'vitest'
import { homeOf, isBare, placesOf } from './nav.ts'

test('until the role is known there are no pages to choose from', () => {
  expect(placesOf(undefined)).toEqual([])
})

test('participants have their own page only, and begin there', () => {
  expect(placesOf('PARTICIPANT').map(({ path }) => path)).toEqual(['/my'])
  expect(homeOf('PARTICIPANT')).toBe('/my')
})

test('pages before sign-in have no navigation', () => {
  expect(['/login', '/enter', '/my', '/settings', null].filter(isBare)).toEqual(['/login', '/enter'])
})
