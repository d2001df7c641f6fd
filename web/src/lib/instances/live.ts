import type { Client } from '@urql/svelte'
import { follow } from '#lib/graphql/follow.ts'
import type { InstanceRowFragment } from '#lib/graphql/generated/graphql.ts'
import { overtake, touch } from '#lib/graphql/live.svelte.ts'
import { InstanceChanged } from './documents.ts'

/** Follows every change of every instance. */
export function followInstances(client: Client): () => void {
  const seen = new Map<string, string>()
  return follow(client, InstanceChanged, ({ instanceChanged: { kind, id, instance } }) => {
    if (kind === 'READY' || !id || !instance) {
      seen.clear()
      return touch('instances')
    }
    const place = placing(instance)
    if (kind === 'UPDATED' && seen.get(id) === place) overtake('instances')
    else touch('instances')
    if (kind === 'REMOVED') seen.delete(id)
    else seen.set(id, place)
  })
}

/** What decides on which page of which list an instance is. Progress, for instance, does not. */
function placing({ state, groupName, username, expiresAt }: InstanceRowFragment): string {
  return JSON.stringify([state, groupName, username, expiresAt])
}
