import { embedded } from '#lib/graphql/keys.ts'

/** Cache keys of the types of links. */
export const cacheKeys = { JoinLinkPage: embedded, NewJoinLink: embedded, PersonalLinkResult: embedded }
