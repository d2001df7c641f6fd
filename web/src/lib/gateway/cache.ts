import type { KeyGenerator } from '@urql/exchange-graphcache'
import { embedded, singleton } from '#lib/graphql/keys.ts'

const byName: KeyGenerator = (consumer) => (consumer.username as string | undefined) ?? null

/**
 * Cache keys of this feature's types. A run is embedded though it has an id: frames tell that it changed, and it is asked for.
 */
export const cacheKeys = {
  ...{ GatewayStatus: singleton, GatewaySettings: singleton, Consumer: byName, GatewayRun: embedded },
  ...{ GatewayRoute: embedded, GatewayRedis: embedded, GatewayUsage: embedded, GatewayPlan: embedded },
  ...{ GatewayStep: embedded, ConsumerPage: embedded, ConsumerCount: embedded, ConsumerChange: embedded },
  ...{ ConsumerResult: embedded, RevealedKey: embedded },
}
