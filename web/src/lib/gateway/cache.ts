import type { KeyGenerator } from '@urql/exchange-graphcache'
import { embedded, singleton } from '#lib/graphql/keys.ts'

const byName: KeyGenerator = (consumer) => (consumer.username as string | undefined) ?? null

/**
 * Cache keys of this feature's types. A job is embedded although it has an id: frames only say that it changed, and the query
 * reads it again.
 */
export const cacheKeys = {
  ...{ GatewayStatus: singleton, GatewaySettings: singleton, Consumer: byName, GatewayJob: embedded },
  ...{ GatewayRoute: embedded, GatewayRedis: embedded, GatewayUsage: embedded, GatewayPlan: embedded },
  ...{ GatewayJobStep: embedded, ConsumerPage: embedded, ConsumerCount: embedded, ConsumerChange: embedded },
  ...{ ConsumerResult: embedded, RevealedKey: embedded },
}
