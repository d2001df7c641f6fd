import { builder, screaming } from '../graphql/builder.ts'
import type { LegacyChange, LegacyReport } from './model.ts'
import type { LegacyImport } from './service.ts'

declare module '../graphql/context.ts' {
  interface Services {
    legacy: LegacyImport
  }
}

const Change = builder.objectRef<LegacyChange>('LegacyChange').implement({
  description: 'One line of what is brought over from the Python system.',
  fields: (t) => ({
    kind: t.exposeString('kind', { description: 'event, group, user, workspace, sandbox, setting or config file.' }),
    name: t.exposeString('name', { description: "Its name; a user's is group/username." }),
    action: t.expose('action', {
      type: builder.enumType('LegacyAction', {
        description: 'What happens to something that is brought over.',
        values: screaming({
          create: { description: 'It is new here.' },
          update: { description: 'It is here, and changes as `detail` says.' },
          keep: { description: 'It is here already.' },
          skip: { description: 'It is not brought over, for the reason in `detail`.' },
        }),
      }),
      description: 'What happens to it.',
    }),
    detail: t.exposeString('detail', { nullable: true, description: 'What changes, or why it is skipped.' }),
  }),
})

const Report = builder.objectRef<LegacyReport>('LegacyReport').implement({
  description: 'What is brought over from the Python system.',
  fields: (t) => ({
    applied: t.exposeBoolean('applied', { description: 'Whether it was carried out; false for a dry run.' }),
    changes: t.expose('changes', { type: [Change], description: 'Everything there is.' }),
  }),
})

builder.mutationField('importLegacy', (t) =>
  t.field({
    type: Report,
    description:
      'Brings over events, groups, users with their volumes, settings and configuration files of the Python system, as `thon import-legacy` reads them. It removes nobody, and what was set here stays. Done again it changes nothing more.',
    args: {
      dump: t.arg.string({
        required: true,
        description:
          'JSON: `{events: [{event_id, title}], groups: [{id, name, title, event_id}], users: [{group_id, username, email, workspace_path, storage_path}], sandboxes: [{group, username, state}], settings: [{key, value}]}`.',
      }),
      dryRun: t.arg.boolean({ defaultValue: false, description: 'Only say what would happen.' }),
    },
    resolve: (_root, { dump, dryRun }, { legacy, viewer }) => legacy.import(viewer, dump, dryRun ?? false),
  }),
)
