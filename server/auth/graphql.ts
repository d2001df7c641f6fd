import { builder } from '../graphql/builder.ts'
import type { Viewer } from './viewer.ts'

const ViewerType = builder.objectRef<Viewer>('Viewer').implement({
  description: 'Who is asking.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'The name the activity log shows.' }),
    role: t.field({
      type: builder.enumType('Role', {
        description: 'What somebody may do.',
        values: { organiser: { description: 'Everything.' } } as const,
      }),
      description: 'What they may do.',
      resolve: (viewer) => viewer.role,
    }),
  }),
})

builder.queryField('viewer', (t) =>
  t.field({ type: ViewerType, description: 'Who is asking.', resolve: (_root, _args, { viewer }) => viewer }),
)
