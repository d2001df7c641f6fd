import { toast } from 'svelte-sonner'
import { goto } from '$app/navigation'
import { resolve } from '$app/paths'
import { shownRecently } from '#lib/graphql/mutate.ts'
import type { ActivityRowFragment } from '#lib/graphql/generated/graphql.ts'

const TOAST = 'failed-acts'
/** Failures closer together than this are one toast: a missing image fails forty starts at once. */
const TOGETHER = 6_000

let count = 0
let lastAt = 0

/** Raises a toast for an act that failed at the engine, unless its own answer has said so already. */
export function tellFailure(act: ActivityRowFragment): void {
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
