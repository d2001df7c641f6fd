import { builder, ChangeKind, screaming } from '../graphql/builder.ts'
import type { Ready } from '../core/events.ts'
import type { Change } from '../core/events.ts'
import type { Activity } from '../../prisma/generated/client/client.ts'
import type { ActivityService } from './service.ts'

declare module '../graphql/context.ts' {
  interface Services {
    activity: ActivityService
  }
}

const Outcome = builder.enumType('Outcome', {
  description: 'How an act ended.',
  values: screaming({
    done: { description: 'As asked.' },
    refused: { description: 'A rule refused it; nothing was changed.' },
    failed: { description: 'It was taken on, and failed at the engine.' },
  }),
})

const ActivityType = builder.prismaObject('Activity', {
  description: 'One thing that was done.',
  fields: (t) => ({
    id: t.id({ description: 'Grows with time.', resolve: (act) => String(act.id) }),
    at: t.expose('at', { type: 'DateTime', description: 'When.' }),
    actor: t.exposeString('actor', { description: 'Who; THON itself for sweeps and what the engine reports.' }),
    action: t.exposeString('action', { description: 'What was done, as a verb phrase.' }),
    kind: t.exposeString('kind', {
      description:
        'The kind of thing it was done to: instance, group, user, event, workspace, engine, setting or config file.',
    }),
    target: t.exposeString('target', { nullable: true, description: 'The id of that thing, when it has one.' }),
    label: t.exposeString('label', { description: 'The name of that thing, as it was then.' }),
    outcome: t.field({
      type: Outcome,
      description: 'How it ended.',
      resolve: (act) => act.outcome as 'done' | 'refused' | 'failed',
    }),
    detail: t.exposeString('detail', {
      nullable: true,
      description: 'More, in words; the reason of a refusal or failure.',
    }),
  }),
})

builder.queryField('activity', (t) =>
  t.field({
    type: [ActivityType],
    description: 'The activity log, newest first.',
    args: {
      first: t.arg.int({ defaultValue: 50, description: 'How many, 1 to 200.' }),
      before: t.arg.id({ description: 'Only acts older than the one with this id: the next page.' }),
      kind: t.arg.string({ description: 'Only acts on this kind of thing.' }),
      target: t.arg.id({ description: 'Only acts on the thing with this id.' }),
    },
    resolve: (_root, { first, before, kind, target }, { activity, viewer }) =>
      activity.list(viewer, { first: first ?? 50, before, kind, target }),
  }),
)

const ActivityAdded = builder.objectRef<Change<Activity> | Ready>('ActivityAdded').implement({
  description: 'A frame of `activityAdded`.',
  fields: (t) => ({
    kind: t.field({ type: ChangeKind, description: 'READY first, then ADDED.', resolve: (change) => change.kind }),
    activity: t.field({
      type: ActivityType,
      nullable: true,
      description: 'What was done; null when READY.',
      resolve: (change) => change.row,
    }),
  }),
})

builder.subscriptionField('activityAdded', (t) =>
  t.field({
    type: ActivityAdded,
    description: 'Every act, once it is written to the log.',
    subscribe: (_root, _args, { activity, viewer }) => activity.changes(viewer),
    resolve: (change) => change,
  }),
)
