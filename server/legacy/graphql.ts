import { builder, screaming } from '../graphql/builder.ts'
import type { LegacyChange, LegacyReport } from './model.ts'
import type { LegacyImport } from './service.ts'

declare module '../graphql/context.ts' {
  interface Services {
    legacy: LegacyImport
  }
}

const LegacyKind = builder.enumType('LegacyKind', {
  description: 'What a line of an import from the Python system is about.',
  values: screaming({
    event: { description: 'An event.' },
    group: { description: 'A group.' },
    user: { description: 'A user of a group.' },
    workspace: { description: "The volume with a user's files." },
    sandbox: { description: 'A sandbox that still runs in the Python system.' },
    setting: { description: 'A setting.' },
    'config file': { description: 'A configuration file.' },
  }),
})

const LegacyAction = builder.enumType('LegacyAction', {
  description: 'What an import from the Python system does.',
  values: screaming({
    create: { description: 'Adds it.' },
    update: { description: 'Changes it, as `detail` says.' },
    keep: { description: 'Leaves it unchanged.' },
    skip: { description: 'Leaves it out, for the reason in `detail`.' },
  }),
})

const LegacyChangeType = builder.objectRef<LegacyChange>('LegacyChange').implement({
  description: 'What an import does to one thing of the Python system.',
  fields: (t) => ({
    kind: t.expose('kind', { type: LegacyKind, description: 'What it is.' }),
    name: t.exposeString('name', { description: 'For a user: group/username.' }),
    action: t.expose('action', { type: LegacyAction, description: 'What happens to it.' }),
    detail: t.exposeString('detail', { nullable: true, description: 'What changes, or why it is skipped.' }),
  }),
})

const LegacyReportType = builder.objectRef<LegacyReport>('LegacyReport').implement({
  description: 'What an import from the Python system did, or with a dry run would do.',
  fields: (t) => ({
    applied: t.exposeBoolean('applied', { description: 'False for a dry run.' }),
    changes: t.expose('changes', { type: [LegacyChangeType], description: 'Everything the dump contains.' }),
  }),
})

const ImportLegacyInput = builder.inputType('ImportLegacyInput', {
  description: 'The database of the Python system, as `thon import-legacy` reads it.',
  fields: (t) => ({
    dump: t.string({
      required: true,
      description:
        'JSON: `{events: [{event_id, title}], groups: [{id, name, title, event_id}], users: [{group_id, username, email, workspace_path, storage_path}], sandboxes: [{group, username, state}], settings: [{key, value}]}`.',
    }),
    dryRun: t.boolean({ defaultValue: false, description: 'Only report what would change.' }),
  }),
})

builder.mutationField('importLegacy', (t) =>
  t.field({
    type: LegacyReportType,
    description:
      'Imports events, groups, users with their volumes, settings and configuration files from the Python system. It deletes nothing and keeps what was set here. A second import of the same dump changes nothing.',
    args: { input: t.arg({ type: ImportLegacyInput, required: true, description: 'The dump.' }) },
    resolve: (_root, { input: { dump, dryRun } }, { legacy, viewer }) => legacy.import(viewer, dump, dryRun ?? false),
  }),
)
