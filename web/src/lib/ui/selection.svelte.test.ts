import { flushSync } from 'svelte'
import { beforeEach, expect, test } from 'vitest'
import { Selection } from './selection.svelte.ts'

const shown = ['ann', 'ben', 'cleo', 'dan', 'eve']
let selection: Selection

beforeEach(() => {
  selection = new Selection()
})

test('toggling a row selects it, and toggling it again deselects it', () => {
  selection.toggle('ann')
  expect(selection.keys).toEqual(['ann'])
  selection.toggle('ann')
  expect(selection.size).toBe(0)
})

test('with Shift, everything between the last toggled row and this one is selected', () => {
  selection.toggle('dan')
  selection.toggle('ben', shown)
  expect(selection.keys.sort()).toEqual(['ben', 'cleo', 'dan'])
})

test('with Shift, a selected row at the end deselects the whole range', () => {
  selection.set(shown)
  selection.toggle('ben')
  selection.toggle('dan', shown)
  expect(selection.keys.sort()).toEqual(['ann', 'eve'])
})

test('with Shift, a range begins only at a row that is still shown', () => {
  selection.toggle('gone')
  selection.toggle('cleo', shown)
  expect(selection.keys.sort()).toEqual(['cleo', 'gone'])
})

test('select all selects the rest first, and clears once all were selected', () => {
  selection.toggle('ann')
  selection.toggleAll(shown)
  expect(selection.size).toBe(5)
  selection.toggleAll(shown)
  expect(selection.size).toBe(0)
})

test('select all leaves rows of other pages alone', () => {
  selection.toggle('other page')
  selection.toggleAll(shown)
  selection.toggleAll(shown)
  expect(selection.keys).toEqual(['other page'])
})

test('rows that are no longer shown are deselected', () => {
  selection.set(shown)
  selection.keepOnly(['ben', 'zoe'])
  expect(selection.keys).toEqual(['ben'])
})

test('clearing forgets where a range begins', () => {
  selection.toggle('ann')
  selection.clear()
  selection.toggle('cleo', shown)
  expect(selection.keys).toEqual(['cleo'])
})

test('what shows a selected row runs again only when that row changes', () => {
  selection.toggle('ann')
  const seen: boolean[] = []
  const stop = $effect.root(() => {
    $effect(() => void seen.push(selection.has('ann')))
  })
  flushSync()
  flushSync(() => selection.toggle('ben'))
  flushSync(() => selection.toggle('ann'))
  expect(seen).toEqual([true, false])
  stop()
})
