import { builder, screaming } from '../graphql/builder.ts'
import { Change } from '../graphql/change.ts'
import { Page, PageInput } from '../graphql/page.ts'
import type { Change as RowChange, Ready } from '../core/events.ts'
import type { Activity } from '../../prisma/generated/client/client.ts'
import type { ActivityPage } from './model.ts'
import type { ActivityService } from './service.ts'

declare module '../graphql/context.ts' {
  interface Services {
    activity: ActivityService
  }
}

const Outcome = builder.enumType('Outcome', {
  description: 'How an action went.',
  values: screaming({
    done: { description: 'As requested.' },
    refused: { description: 'A rule refused it; nothing was changed.' },
    failed: { description: 'It was accepted, and failed at the engine or another server.' },
    running: { description: 'It is under way at another server.' },
    unfinished: {
      description:
        'THON stopped while it was under way, and does not know how it ended. Check it, and repeat it if needed.',
    },
  }),
})

const ActivityKind = builder.enumType('ActivityKind', {
  description: 'What kind of thing an action was done to.',
  values: screaming({
    instance: { description: 'A sandbox.' },
    group: { description: 'A group, or its join links.' },
    user: { description: 'A user, or their personal link.' },
    event: { description: 'An event, or an import of a groups file.' },
    workspace: { description: "A volume with a user's files." },
    engine: { description: 'The sandbox engine.' },
    setting: { description: 'A setting.' },
    configFile: { description: 'A stored configuration file.' },
    identity: { description: 'A person who signed in.' },
    token: { description: 'An API token.' },
    model: { description: 'A model of Lemonade.' },
    consumer: { description: 'A consumer of the AI gateway, or its key.' },
    gateway: { description: 'The AI gateway, its settings or its routes.' },
  }),
})

const ActivityType = builder.prismaObject('Activity', {
  description: 'One entry of the activity log.',
  fields: (t) => ({
    id: t.id({ description: 'A number that grows with time.', resolve: (entry) => String(entry.id) }),
    at: t.expose('at', { type: 'DateTime', description: 'When it was done.' }),
    actor: t.exposeString('actor', {
      description: 'Who did it; THON for scheduled work and for what the engine reports.',
    }),
    action: t.exposeString('action', { description: 'What was done, as a verb phrase.' }),
    kind: t.expose('kind', { type: ActivityKind, description: 'The kind of thing it was done to.' }),
    target: t.exposeString('target', { nullable: true, description: 'The id of that thing, when it has one.' }),
    label: t.exposeString('label', { description: 'The name of that thing at the time.' }),
    outcome: t.expose('outcome', { type: Outcome, description: 'How it went.' }),
    detail: t.exposeString('detail', {
      nullable: true,
      description: 'More about it; the reason when it was refused or failed.',
    }),
    count: t.exposeInt('count', {
      description:
        'How many actions it stands for. The same action of one person on things of one kind, refused several times within a minute, is one entry.',
    }),
  }),
})

const ActivityPageType = builder.objectRef<ActivityPage>('ActivityPage').implement({
  description: 'One page of the activity log.',
  interfaces: [Page],
  fields: (t) => ({
    items: t.field({ type: [ActivityType], description: 'The entries on this page.', resolve: ({ items }) => items }),
  }),
})

const ActivityFilter = builder.inputType('ActivityFilter', {
  description: 'Which entries to list; all conditions have to match.',
  fields: (t) => ({
    kind: t.field({ type: ActivityKind, description: 'Only actions on this kind of thing.' }),
    target: t.id({ description: 'Only actions on the thing with this id.' }),
    before: t.id({
      description:
        'Only entries older than the one with this id: what comes after an entry, or pages that stay stable.',
    }),
  }),
})

builder.queryField('activity', (t) =>
  t.field({
    type: ActivityPageType,
    description:
      'What was done, the newest first. The log keeps the last 20000 entries of organizers, as many of THON, and 10000 of participants, of each of them 500. For organizers.',
    args: {
      filter: t.arg({ type: ActivityFilter, description: 'Which entries; all by default.' }),
      page: t.arg({ type: PageInput, description: 'Which page; the first 50 by default.' }),
    },
    resolve: (_root, args, { activity, viewer }) => activity.list(viewer, args),
  }),
)

const ActivityChange = builder.objectRef<RowChange<Activity> | Ready>('ActivityChange').implement({
  description:
    'A new entry of the activity log, or one whose outcome or count has changed. `kind` is READY, ADDED or UPDATED.',
  interfaces: [Change],
  fields: (t) => ({
    activity: t.field({
      type: ActivityType,
      nullable: true,
      description: 'The entry; null with READY.',
      resolve: (change) => change.row,
    }),
  }),
})

builder.subscriptionField('activityChanged', (t) =>
  t.field({
    type: ActivityChange,
    description: 'Every entry, once it is written to the log, and every change of one. For organizers.',
    subscribe: (_root, _args, { activity, viewer }) => activity.changes(viewer),
    resolve: (change) => change,
  }),
)
