import type { Client } from '@urql/svelte'
import { follow } from '#lib/graphql/follow.ts'
import type { ActivityRowFragment } from '#lib/graphql/generated/graphql.ts'
import { touch } from '#lib/graphql/live.svelte.ts'
import { ActivityAdded } from './documents.ts'
import { tellFailure } from './failures.ts'

type Listener = (act: ActivityRowFragment) => void

const listeners = new Set<Listener>()

/** Follows the activity log; failures are told wherever one is in the dashboard. */
export function followActivity(client: Client): () => void {
  return follow(client, ActivityAdded, ({ activityAdded: { activity } }) => {
    // READY: acts may have been missed, so logs on screen are read again. After that each act comes by itself.
    if (!activity) return touch('activity')
    for (const listener of listeners) listener(activity)
    if (activity.outcome === 'failed') tellFailure(activity)
  })
}

/** @returns the function that stops listening */
export function onActivity(listener: Listener): () => void {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}
