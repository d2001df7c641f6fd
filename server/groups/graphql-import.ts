import { builder, screaming } from '../graphql/builder.ts'
import type { ImportChange, ImportReport } from './import.ts'

const ImportKind = builder.enumType('ImportKind', {
  description: 'What a line of an import is about.',
  values: screaming({
    event: { description: 'An event.' },
    group: { description: 'A group.' },
    user: { description: 'A user of a group.' },
  }),
})

const ImportAction = builder.enumType('ImportAction', {
  description: 'What an import does.',
  values: screaming({
    create: { description: 'Adds it.' },
    update: { description: 'Changes it, as `detail` says.' },
    keep: { description: 'Leaves it unchanged.' },
  }),
})

const ImportChangeType = builder.objectRef<ImportChange>('ImportChange').implement({
  description: 'What an import does to one event, group or user.',
  fields: (t) => ({
    kind: t.expose('kind', { type: ImportKind, description: 'What it is.' }),
    name: t.exposeString('name', { description: 'For a user: group/username.' }),
    action: t.expose('action', { type: ImportAction, description: 'What happens to it.' }),
    detail: t.exposeString('detail', { nullable: true, description: 'What an update changes, for people.' }),
  }),
})

const ImportReportType = builder.objectRef<ImportReport>('ImportReport').implement({
  description: 'What an import did, or with a dry run would do.',
  fields: (t) => ({
    applied: t.exposeBoolean('applied', { description: 'False for a dry run.' }),
    changes: t.expose('changes', {
      type: [ImportChangeType],
      description: 'Everything the file names, in the order of the file.',
    }),
  }),
})

const ImportGroupsInput = builder.inputType('ImportGroupsInput', {
  description: 'A groups file.',
  fields: (t) => ({
    yaml: t.string({ required: true, description: 'YAML or JSON, 1 MiB at most.' }),
    dryRun: t.boolean({ defaultValue: false, description: 'Only report what would change.' }),
  }),
})

builder.mutationField('importGroups', (t) =>
  t.field({
    type: ImportReportType,
    description:
      'Adds and updates events, groups and users from a groups file: all of it, or nothing when there is a problem. It never deletes.',
    args: { input: t.arg({ type: ImportGroupsInput, required: true, description: 'The file.' }) },
    resolve: (_root, { input: { yaml, dryRun } }, { groupsImport, viewer }) =>
      groupsImport.import(viewer, yaml, dryRun ?? false),
  }),
)

builder.queryField('exportGroups', (t) =>
  t.string({
    description: 'All events and groups as a groups file (YAML), which `importGroups` reads back as the same.',
    resolve: (_root, _args, { groupsImport, viewer }) => groupsImport.export(viewer),
  }),
)
