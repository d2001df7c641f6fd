import { embedded } from '#lib/graphql/keys.ts'

/** Cache keys of this feature's types. */
export const cacheKeys = {
  InstancePage: embedded,
  InstanceStateCount: embedded,
  InstanceResult: embedded,
  RevealedPassword: embedded,
  InstanceChange: embedded,
}
