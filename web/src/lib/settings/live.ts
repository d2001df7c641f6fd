import type { Client } from '@urql/svelte'
import { follow } from '#lib/graphql/follow.ts'
import { touch } from '#lib/graphql/live.svelte.ts'
import { ConfigFileChanged, SettingChanged } from './documents.ts'

/**
 * Follows every change of a setting (a first value is asked for anew, and so are the addresses of sandboxes where it changes them) and of a configuration
 * file, whose row comes with the frame.
 */
export function followSettings(client: Client): () => void {
  const stops = [
    follow(client, SettingChanged, ({ settingChanged: { key } }) => {
      touch('settings')
      if (key !== 'external_ip' && key !== 'domain') return
      touch('instances')
      touch('groups')
    }),
    follow(client, ConfigFileChanged, ({ configFileChanged: { kind } }) => kind === 'READY' && touch('configFiles')),
  ]
  return () => stops.forEach((stop) => stop())
}
