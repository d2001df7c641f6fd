import { expect, test } from 'vitest'
import type { GatewaySettingsViewFragment } from '#lib/graphql/generated/graphql.ts'
import { changesOf, draftOf } from './settings-draft.ts'

const settings = {
  enabled: true,
  tokenLimit: 500,
  timeWindow: 60,
  redisHost: null,
  redisPort: 6379,
  lemonadeUrl: 'http://127.0.0.1:8000',
  lemonadeModel: null,
  adminUrl: 'http://127.0.0.1:9180',
  proxyPort: null,
} as unknown as GatewaySettingsViewFragment

test('a draft that was not touched changes nothing', () => {
  expect(changesOf(draftOf(settings), draftOf(settings))).toEqual({})
})

test('only what was edited is sent, so that what others changed meanwhile stays', () => {
  const draft = { ...draftOf(settings), tokenLimit: 800, redisHost: 'redis.local' }
  expect(changesOf(draftOf(settings), draft)).toEqual({ tokenLimit: 800, redisHost: 'redis.local' })
})

test('a stored secret is not in the draft, and not sent unless it is replaced or removed', () => {
  const before = draftOf(settings)
  expect(before).toMatchObject({ adminKey: null, redisPassword: null, lemonadeApiKey: null })
  expect(changesOf(before, { ...before, adminKey: 'new', redisPassword: '' })).toEqual({
    adminKey: 'new',
    redisPassword: '',
  })
})

test('a text that was emptied is sent, a number that was emptied is not', () => {
  const before = { ...draftOf(settings), redisHost: 'redis.local' }
  expect(changesOf(before, { ...before, redisHost: '', tokenLimit: null })).toEqual({ redisHost: '' })
})
