import { embedded } from '#lib/graphql/keys.ts'

/** Cache keys of this feature's types. */
export const cacheKeys = { ActivityPage: embedded, ActivityChange: embedded }
