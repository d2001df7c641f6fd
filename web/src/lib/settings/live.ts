import type { Client } from '@urql/svelte'
import { follow } from '#lib/graphql/follow.ts'
import { touch } from '#lib/graphql/live.svelte.ts'
import { ConfigFileChanged, SettingChanged } from './documents.ts'

/**
 * Follows every change of a setting and of a configuration file. A frame brings the row itself. Queries run again for the
 * first value of a setting, which no row is there for yet, and for addresses that a setting changes.
 */
export function followSettings(client: Client): () => void {
  const stops = [
    follow(client, SettingChanged, ({ settingChanged: { id } }) => {
      touch('settings')
      if (id !== 'external_ip' && id !== 'domain') return
      touch('instances')
      touch('groups')
    }),
    follow(client, ConfigFileChanged, ({ configFileChanged: { kind } }) => kind === 'READY' && touch('configFiles')),
  ]
  return () => stops.forEach((stop) => stop())
}
