import type { CacheExchangeOpts, KeyGenerator } from '@urql/exchange-graphcache'
import { cacheKeys as activity } from '#lib/activity/cache.ts'
import { cacheKeys as auth } from '#lib/auth/cache.ts'
import { cacheKeys as engine } from '#lib/engine/cache.ts'
import { cacheKeys as gateway } from '#lib/gateway/cache.ts'
import { cacheKeys as groups } from '#lib/groups/cache.ts'
import { cacheKeys as instances } from '#lib/instances/cache.ts'
import { cacheKeys as lemonade } from '#lib/lemonade/cache.ts'
import { cacheKeys as links } from '#lib/links/cache.ts'
import { cacheKeys as settings } from '#lib/settings/cache.ts'
import introspection from './generated/introspection.json'

/**
 * How the cache tells one thing from another, merged from the features. Types with an `id` need no rule; a type without one,
 * or whose `id` is not its own, is `embedded` in what holds it, or a `singleton`.
 */
export const cacheOptions: CacheExchangeOpts = {
  schema: introspection as unknown as CacheExchangeOpts['schema'],
  keys: {
    ...instances,
    ...groups,
    ...activity,
    ...engine,
    ...auth,
    ...settings,
    ...links,
    ...lemonade,
    ...gateway,
  } satisfies Keys,
}

type Keys = Record<string, KeyGenerator>
