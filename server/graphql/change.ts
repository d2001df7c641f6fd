import type { ChangeKind as Kind } from '../core/events.ts'
import { builder } from './builder.ts'

/** How a row changed, or that changes are reported from now on. */
export const ChangeKind = builder.enumType('ChangeKind', {
  description: 'What happened. READY comes first, once changes are reported: query after it, and nothing is missed.',
  values: {
    READY: { description: 'Changes are reported from now on.' },
    ADDED: { description: 'A new row.' },
    UPDATED: { description: 'A row has other values.' },
    REMOVED: { description: 'A row is gone.' },
  } as const,
})

/** A frame of a subscription to changes of rows. */
export interface ChangeFrame {
  kind: Kind
  /** Of the row; null or absent with READY. */
  id?: string | null
}

/** One change of one row. Types that implement it add the row, which is null when it was removed or with READY. */
export const Change = builder.interfaceRef<ChangeFrame>('Change').implement({
  description: 'One change of one row; every implementation adds the row.',
  fields: (t) => ({
    kind: t.expose('kind', { type: ChangeKind, description: 'What happened.' }),
    id: t.id({
      nullable: true,
      description: 'Which row; null with READY.',
      resolve: ({ id }) => id ?? null,
    }),
  }),
})
