import type { UpstreamError, UpstreamErrorKind } from '../upstream/polled-resource.ts'
import { builder } from './builder.ts'

const KINDS: Record<UpstreamErrorKind, { description: string }> = {
  OFFLINE: { description: 'It cannot be reached.' },
  SLOW: { description: 'It does not answer in time.' },
  UNAUTHORIZED: { description: "It refuses THON's key." },
  FAULTY: { description: 'It answers, with a fault or with something that cannot be read.' },
}

const UpstreamTroubleKind = builder.enumType('UpstreamTroubleKind', {
  description: "How somebody else's server fails.",
  values: KINDS,
})

/** Why a server that THON watches is not known at present. */
export const UpstreamTrouble = builder.objectRef<UpstreamError>('UpstreamTrouble').implement({
  description: 'Why a server that THON watches is not known at present. What was known before stays.',
  fields: (t) => ({
    kind: t.expose('kind', { type: UpstreamTroubleKind, description: 'How it fails.' }),
    message: t.exposeString('message', { description: 'What happened, for people.' }),
    since: t.expose('since', { type: 'DateTime', description: 'Since when, by the first question that failed.' }),
  }),
})

/** The moment of the last good answer. */
export const asOf = {
  type: 'DateTime',
  nullable: true,
  description: 'When this was last known; null for never.',
} as const

/** What keeps it from being known now. */
export const trouble = {
  type: UpstreamTrouble,
  nullable: true,
  description: 'What keeps it from being known now; null after a good answer.',
} as const
