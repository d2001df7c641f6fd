import { z } from 'zod'
import { pageInput } from '../core/input.ts'
import { system, type Viewer } from '../core/viewer.ts'
import { ActivityKind, type Activity, type ActorKind, type Outcome } from '../../prisma/generated/client/client.ts'

/** What an action was done to. */
export interface Target {
  kind: ActivityKind
  /** Null when it has no id, or none yet. */
  id: string | null
  /** The name people know, as it is now. */
  label: string
}

/** One action to write to the log. */
export interface ActivityEntry {
  actor: Viewer
  /** A verb phrase for people, such as `pause` or `start all`. */
  action: string
  target: Target
  outcome: Outcome
  /** Null or left out when there is nothing to add. */
  detail?: string | null
}

/** One page of the log. */
export interface ActivityPage {
  items: Activity[]
  /** Entries that match the filter, on all pages. */
  total: number
  number: number
  size: number
}

/** What `list` takes. */
export const listInput = z.object({
  filter: z
    .object({
      kind: z.enum(ActivityKind).nullish(),
      target: z.string().nullish(),
      before: z
        .string()
        .regex(/^\d{1,15}$/, 'must be the id of an entry')
        .nullish(),
    })
    .nullish(),
  page: pageInput,
})

/** An entry as a row. */
export function rowOf({ actor, action, target, outcome, detail }: ActivityEntry) {
  return {
    actor: actor.name,
    actorKind: actorKindOf(actor),
    identityId: actor.identityId,
    action,
    kind: target.kind,
    target: target.id,
    label: target.label,
    outcome,
    detail: detail ?? null,
  }
}

function actorKindOf(actor: Viewer): ActorKind {
  if (actor === system) return 'thon'
  return actor.role === 'organizer' ? 'organizer' : 'participant'
}
