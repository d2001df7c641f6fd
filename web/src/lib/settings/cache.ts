import type { KeyGenerator } from '@urql/exchange-graphcache'
import { embedded, singleton } from '#lib/graphql/keys.ts'

const byKey: KeyGenerator = ({ key }) => (typeof key === 'string' ? key : null)

/** Cache keys of this feature's types. */
export const cacheKeys = {
  Settings: singleton,
  Setting: byKey,
  ConfigFile: byKey,
  SettingChange: embedded,
  ConfigFileChange: embedded,
  ConfigFileProblem: embedded,
}
