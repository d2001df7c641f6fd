import { embedded, singleton } from '#lib/graphql/keys.ts'

/** Cache keys of this feature's types. */
export const cacheKeys = {
  ...{ LemonadeStatus: singleton, LemonadeStats: singleton, LemonadeSlots: singleton, LemonadeSystem: singleton },
  ...{ LemonadeModels: singleton, LemonadePulls: singleton, UpstreamError: embedded, LemonadeSample: embedded },
  ...{ LemonadeLoadedModel: embedded, LemonadeLoad: embedded, LemonadeSlot: embedded, LemonadeDevice: embedded },
  ...{ LemonadeStorage: embedded, LemonadeModel: embedded, LemonadeVariants: embedded, LemonadeVariant: embedded },
}
