import { embedded } from '#lib/graphql/keys.ts'

/** Cache keys of this feature's types. */
export const cacheKeys = {
  GroupChange: embedded,
  ImportReport: embedded,
  ImportChange: embedded,
  StartResult: embedded,
}
