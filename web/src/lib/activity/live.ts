import type { Client } from '@urql/svelte'
import { toast } from 'svelte-sonner'
import { goto } from '$app/navigation'
import { resolve } from '$app/paths'
import { follow } from '#lib/graphql/follow.ts'
import type { ActivityRowFragment } from '#lib/graphql/generated/graphql.ts'
import { touch } from '#lib/graphql/live.svelte.ts'
import { shownRecently } from '#lib/graphql/mutate.ts'
import { ActivityChanged } from './documents.ts'

const TOAST = 'failed-actions'
/** Milliseconds. Failures closer together than this share one toast: a missing image fails forty starts at once. */
const TOGETHER = 6_000

type Listener = (entry: ActivityRowFragment) => void

const listeners = new Set<Listener>()

/** Follows the activity log. A failure raises a toast on every page of the dashboard. */
export function followActivity(client: Client): () => void {
  return follow(client, ActivityChanged, ({ activityChanged: { activity } }) => {
    // READY: entries may have been missed, so visible logs are read again. After that, each entry is pushed.
    if (!activity) return touch('activity')
    for (const listener of listeners) listener(activity)
    if (activity.outcome === 'FAILED') showFailure(activity)
  })
}

/** @returns the function that stops listening */
export function onActivity(listener: Listener): () => void {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}

let count = 0
let lastAt = 0

/** Raises a toast for an action that failed at the engine, unless the tab has just shown the same message. */
function showFailure(entry: ActivityRowFragment): void {
  if (entry.detail && shownRecently(entry.detail)) return
  count = Date.now() - lastAt < TOGETHER ? count + 1 : 1
  lastAt = Date.now()
  toast.error(count === 1 ? titleOf(entry) : `${count} actions failed`, {
    id: TOAST,
    description: count === 1 ? (entry.detail ?? undefined) : `Last: ${entry.label}: ${entry.detail ?? entry.action}`,
    action: { label: 'Show', onClick: () => void goto(resolve('/activity')) },
  })
}

function titleOf({ label, action }: ActivityRowFragment): string {
  return action === 'fail' ? `${label} failed` : `${label}: ${action} failed`
}
