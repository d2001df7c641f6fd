import type { Client } from '@urql/svelte'
import { follow } from '#lib/graphql/follow.ts'
import { touch } from '#lib/graphql/live.svelte.ts'
import { ConfigFileChanged, SettingChanged } from './documents.ts'

/**
 * Follows every change of a setting (a first value is asked for anew, and addresses are made of some) and of a configuration
 * file, whose row comes with the frame.
 */
export function followSettings(client: Client): () => void {
  const stops = [
    follow(client, SettingChanged, () => touch('settings')),
    follow(client, ConfigFileChanged, ({ configFileChanged: { kind } }) => kind === 'READY' && touch('configFiles')),
  ]
  return () => stops.forEach((stop) => stop())
}
