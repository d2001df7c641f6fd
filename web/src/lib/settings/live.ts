import type { Client } from '@urql/svelte'
import { follow } from '#lib/graphql/follow.ts'
import { touch } from '#lib/graphql/live.svelte.ts'
import { SettingChanged } from './documents.ts'

/** Follows every change of a setting; a first value is asked for anew, and addresses are made of some. */
export function followSettings(client: Client): () => void {
  return follow(client, SettingChanged, () => touch('settings'))
}
