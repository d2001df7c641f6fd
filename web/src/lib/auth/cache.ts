import { embedded, singleton } from '#lib/graphql/keys.ts'

/** Cache keys of this feature's types. */
export const cacheKeys = {
  Viewer: singleton,
  SignInOptions: singleton,
  AuthProvider: embedded,
  IdentityPage: embedded,
  IdentityChange: embedded,
  ApiTokenPage: embedded,
  NewApiToken: embedded,
}
