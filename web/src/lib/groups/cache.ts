import { embedded } from '#lib/graphql/keys.ts'

/** Cache keys of the types of groups. */
export const cacheKeys = {
  EventPage: embedded,
  GroupChange: embedded,
  GroupPage: embedded,
  ImportReport: embedded,
  ResultError: embedded,
  ImportChange: embedded,
  StartResult: embedded,
}
