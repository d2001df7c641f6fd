import { z } from '@hono/zod-openapi'
import type { IncomingMessage } from 'node:http'
import { text } from '../rest/fields.ts'
import { operation, type Operations } from '../rest/operation.ts'
import type { LinkEntry } from './entry.ts'
import type { LinkView } from './model.ts'

const tag = 'auth'
const secret = text('The end of the link, after the `#`.')

const inspectLink = operation({
  method: 'post',
  path: '/api/auth/link/look',
  tag,
  summary: 'Inspect a link',
  description: 'It does not count as a use.',
  open: true,
  body: z.object({ secret }).openapi('LinkSecret'),
  answer: z
    .object({
      kind: z.enum(['person', 'group']).openapi({ description: 'A personal link, or one to join a group.' }),
      group: z.string().openapi({ description: 'Name of the group.' }),
      title: z.string().nullable().openapi({ description: 'Title of the group, if any.' }),
      username: z.string().optional().openapi({ description: 'Of a personal link: its user.' }),
      names: z
        .array(z.string())
        .optional()
        .openapi({ description: 'Of a join link: names no one has joined as, sorted.' }),
      takes_new_names: z
        .boolean()
        .optional()
        .openapi({ description: 'Of a join link: whether you may enter a name that is not on the list.' }),
      expires_at: z
        .string()
        .nullable()
        .optional()
        .openapi({ description: 'Of a join link: when it expires, in ISO 8601; null for never.' }),
    })
    .openapi('Link'),
  answers: 'What the link is for.',
  refuses: ['NOT_FOUND', 'TOO_MANY'],
})

const enterByLink = operation({
  method: 'post',
  path: '/api/auth/link',
  tag,
  summary: 'Sign in by a link',
  description: 'Sets the cookie `session`, which on https is called `__Host-session`.',
  open: true,
  body: z
    .object({
      secret,
      username: text('A join link needs it: one of its `names`, or a new name if it takes new ones.').nullish(),
    })
    .openapi('LinkEntry'),
  answer: z.object({ status: z.literal('ok') }),
  answers: 'Signed in.',
  refuses: ['FORBIDDEN', 'NOT_FOUND', 'CONFLICT', 'TOO_MANY'],
})

/** Where a request comes from. */
interface ClientAddresses {
  of(incoming: IncomingMessage): { address: string }
}

/** `/api/auth/link`: signing in by a link. The secret travels in the body, which no log has. */
export function linksRest(
  operations: Operations,
  { linkEntry, clients }: { linkEntry: LinkEntry; clients: ClientAddresses },
): void {
  operations.add(inspectLink, async ({ body, incoming }) =>
    wireLink(await linkEntry.inspect(body, clients.of(incoming).address)),
  )
  operations.add(enterByLink, async ({ body, incoming, setCookie }) => {
    setCookie(await linkEntry.enter(body, clients.of(incoming).address))
    return { status: 'ok' }
  })
}

function wireLink(view: LinkView) {
  if (view.kind === 'person') return view
  const { allowNewUsers, expiresAt, ...rest } = view
  return { ...rest, takes_new_names: allowNewUsers, expires_at: expiresAt?.toISOString() ?? null }
}
