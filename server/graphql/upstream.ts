import type { UpstreamError, UpstreamErrorKind } from '../upstream/polled-resource.ts'
import { builder } from './builder.ts'

const KINDS: Record<UpstreamErrorKind, { description: string }> = {
  OFFLINE: { description: 'It cannot be reached.' },
  SLOW: { description: 'It does not answer in time.' },
  UNAUTHORIZED: { description: "It refuses THON's key." },
  FAULTY: { description: 'It answers with an error, or with something that cannot be read.' },
}

const UpstreamErrorKindType = builder.enumType('UpstreamErrorKind', {
  description: 'How an outside server fails.',
  values: KINDS,
})

const UpstreamErrorType = builder.objectRef<UpstreamError>('UpstreamError').implement({
  description: 'Why data of an outside server is out of date. The last known values stay.',
  fields: (t) => ({
    kind: t.expose('kind', { type: UpstreamErrorKindType }),
    message: t.exposeString('message', { description: 'What happened, as a sentence for people.' }),
    since: t.expose('since', { type: 'DateTime', description: 'When the first failed request ended.' }),
  }),
})

/** The field `asOf` of everything that is polled. */
export const asOf = {
  type: 'DateTime',
  nullable: true,
  description: 'When these values were last confirmed; null before the first answer.',
} as const

/** The field `error` of everything that is polled. */
export const upstreamError = {
  type: UpstreamErrorType,
  nullable: true,
  description: 'Why the values are out of date; null after a good answer.',
} as const
