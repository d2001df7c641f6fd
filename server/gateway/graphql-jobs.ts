import { builder } from '../graphql/builder.ts'
import type { JobView, StepView } from './reconcile/job.ts'

const StepAction = builder.enumType('GatewayStepAction', {
  description: 'What a step does.',
  values: {
    ROUTE: { description: 'Create or update the route.' },
    CREATE: { description: 'Create a consumer.' },
    UPDATE: { description: 'Update a consumer; its key stays.' },
    KEEP: { description: 'Nothing to do.' },
    DELETE: { description: 'Delete a consumer or the route.' },
  } as const,
})

const StepState = builder.enumType('GatewayStepState', {
  description: 'How far a step is.',
  values: {
    WAITING: { description: 'Not tried yet; stays so when the job stops early.' },
    DONE: { description: 'Done, or nothing to do.' },
    FAILED: { description: 'Tried, and failed; `message` says why.' },
  } as const,
})

const JobStep = builder.objectRef<StepView>('GatewayJobStep').implement({
  description: 'One write to the gateway.',
  fields: (t) => ({
    username: t.exposeString('username', { description: 'Name of the consumer, or id of the route.' }),
    label: t.exposeString('label', { description: 'Whose it is, for people, such as `alpha/ann`.' }),
    action: t.expose('action', { type: StepAction }),
    state: t.expose('state', { type: StepState }),
    message: t.exposeString('message', { nullable: true, description: 'Why it failed.' }),
  }),
})

/** A job that applies or deletes the configuration. */
export const GatewayJob = builder.objectRef<JobView>('GatewayJob').implement({
  description:
    'Brings the gateway in line with the database, or empties it: many small writes. One job runs at a time.',
  fields: (t) => ({
    id: t.exposeID('id'),
    kind: t.expose('kind', {
      type: builder.enumType('GatewayJobKind', {
        description: 'What a job does.',
        values: {
          APPLY: { description: 'Bring the route and the consumers in line with the database.' },
          DELETE: { description: 'Delete the route and every consumer.' },
        } as const,
      }),
    }),
    by: t.exposeString('by', { description: 'Name of the person who started it.' }),
    startedAt: t.expose('startedAt', { type: 'DateTime' }),
    endedAt: t.expose('endedAt', { type: 'DateTime', nullable: true, description: 'Null while it is running.' }),
    total: t.exposeInt('total', { description: 'Number of steps.' }),
    done: t.exposeInt('done', { description: 'Steps that are done, those with nothing to do included.' }),
    failed: t.exposeInt('failed', { description: 'Steps that failed.' }),
    message: t.exposeString('message', {
      nullable: true,
      description: 'Why it stopped early. A new job continues where it stopped.',
    }),
    steps: t.expose('steps', { type: [JobStep] }),
  }),
})

builder.queryField('gatewayJob', (t) =>
  t.field({
    type: GatewayJob,
    nullable: true,
    description: 'The last job since THON started; null before the first.',
    resolve: (_root, _args, { gateway, viewer }) => gateway.lastJob(viewer),
  }),
)

builder.subscriptionField('gatewayJobChanged', (t) =>
  t.field({
    type: GatewayJob,
    nullable: true,
    description:
      'The last job: first its current state, then its changes, at most five times a second. To save traffic, leave out the steps here and query `gatewayJob` for them.',
    subscribe: (_root, _args, { gateway, viewer, replayNewest }) => {
      replayNewest()
      return gateway.jobChanges(viewer)
    },
    resolve: (job) => job,
  }),
)
