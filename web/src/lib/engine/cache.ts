import { embedded, singleton } from '#lib/graphql/keys.ts'

/** Cache keys of this feature's types. */
export const cacheKeys = { Engine: singleton, SandboxNetwork: embedded }
