import { z } from '@hono/zod-openapi'
import { text } from '../rest/fields.ts'
import { operation } from '../rest/operation.ts'

const tag = 'auth'
const secret = text('What the address of the link ends in, after the `#`.')

export const lookAtLink = operation({
  method: 'post',
  path: '/api/auth/link/look',
  tag,
  summary: 'What a link is',
  description: 'Uses nothing up.',
  open: true,
  body: z.object({ secret }).openapi('LinkSecret'),
  answer: z
    .object({
      kind: z.enum(['person', 'group']).openapi({ description: "Somebody's own, or one that leads into a group." }),
      group: z.string().openapi({ description: 'Name of the group.' }),
      title: z.string().nullable().openapi({ description: 'Title of the group for people, when it has one.' }),
      username: z.string().optional().openapi({ description: 'Of a personal link: whose it is.' }),
      names: z
        .array(z.string())
        .optional()
        .openapi({ description: 'Of a join link: names that may be taken, by name.' }),
      takes_new_names: z
        .boolean()
        .optional()
        .openapi({ description: 'Of a join link: whether a name of one’s own may be given.' }),
      expires_at: z
        .string()
        .nullable()
        .optional()
        .openapi({ description: 'Of a join link: when it stops working, in ISO 8601; null for never.' }),
    })
    .openapi('Link'),
  answers: 'What it is.',
  refuses: ['NOT_FOUND', 'TOO_MANY'],
})

export const enterByLink = operation({
  method: 'post',
  path: '/api/auth/link',
  tag,
  summary: 'Come in by a link',
  description: 'Sets the cookie `session`, which on https is called `__Host-session`.',
  open: true,
  body: z
    .object({
      secret,
      username: text(
        'For a join link, and needed there: one of the names it offers, or a new one if it takes those.',
      ).nullish(),
    })
    .openapi('LinkEntry'),
  answer: z.object({ status: z.literal('ok') }),
  answers: 'Signed in.',
  refuses: ['FORBIDDEN', 'NOT_FOUND', 'CONFLICT', 'TOO_MANY'],
})
