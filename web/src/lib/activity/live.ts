import type { Client } from '@urql/svelte'
import { toast } from 'svelte-sonner'
import { goto } from '$app/navigation'
import { resolve } from '$app/paths'
import { follow } from '#lib/graphql/follow.ts'
import type { ActivityRowFragment } from '#lib/graphql/generated/graphql.ts'
import { touch } from '#lib/graphql/live.svelte.ts'
import { shownRecently } from '#lib/graphql/mutate.ts'
import { ActivityAdded } from './documents.ts'

const TOAST = 'failed-acts'
/** Failures closer together than this are one toast: a missing image fails forty starts at once. */
const TOGETHER = 6_000

type Listener = (act: ActivityRowFragment) => void

const listeners = new Set<Listener>()

/** Follows the activity log; failures are told wherever one is in the dashboard. */
export function followActivity(client: Client): () => void {
  return follow(client, ActivityAdded, ({ activityAdded: { activity } }) => {
    // READY: acts may have been missed, so logs on screen are read again. After that each act comes by itself.
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

/** Raises a toast for an act that failed at the engine, unless its own answer has said so already. */
function showFailure(act: ActivityRowFragment): void {
  if (act.detail && shownRecently(act.detail)) return
  count = Date.now() - lastAt < TOGETHER ? count + 1 : 1
  lastAt = Date.now()
  toast.error(count === 1 ? titleOf(act) : `${count} acts failed`, {
    id: TOAST,
    description: count === 1 ? (act.detail ?? undefined) : `Last: ${act.label}: ${act.detail ?? act.action}`,
    action: { label: 'Show', onClick: () => void goto(resolve('/activity')) },
  })
}

function titleOf({ label, action }: ActivityRowFragment): string {
  return action === 'fail' ? `${label} failed` : `${label}: ${action} failed`
}
