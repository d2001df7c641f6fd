import { expect, test } from 'vitest'
import { filtersOf, labelText, matches, recipeText } from './model-filters.ts'

const model = (name: string, labels: string[], more = {}) => ({
  ...{ name, labels, checkpoint: null, recipe: 'llamacpp', downloaded: false, custom: false },
  ...{ sizeGib: null, maxContext: null, ...more },
})

test.each([
  ['hot', 'Popular'],
  ['tool-calling', 'Tool calling'],
  ['mtp', 'Multi-token prediction'],
  ['vision', 'Vision'],
])('the label %s reads %s', (label, text) => {
  expect(labelText(label)).toBe(text)
})

test('recipes have the names of their programs', () => {
  expect([recipeText('llamacpp'), recipeText('something-new')]).toEqual(['llama.cpp', 'something-new'])
})

test('filters are labels that some models have, the most common first', () => {
  const models = [
    model('a', ['chat', 'vision', 'hot']),
    model('b', ['chat', 'vision', 'hot'], { downloaded: true }),
    model('c', ['chat', 'hot', 'rare']),
    model('d', ['chat', 'llamacpp']),
  ]
  expect(filtersOf(models)).toEqual([
    { value: 'downloaded', label: 'Downloaded', count: 1 },
    { value: 'hot', label: 'Popular', count: 3 },
    { value: 'vision', label: 'Vision', count: 2 },
  ])
})

test('a search finds names and labels, in Lemonade’s words and in plain ones', () => {
  const one = model('Qwen3-4B', ['tool-calling'])
  expect(['qwen3', 'tool-calling', 'TOOL calling', 'qwen3 tool'].every((search) => matches(one, search, []))).toBe(true)
  expect(matches(one, 'qwen3 vision', [])).toBe(false)
  expect([matches(one, '', ['tool-calling']), matches(one, '', ['downloaded'])]).toEqual([true, false])
})
