import type { Change, Ready } from '../core/events.ts'
import { builder } from '../graphql/builder.ts'
import { ChangeKind } from '../graphql/change.ts'
import { asOf, upstreamError } from '../graphql/upstream.ts'
import { PageInput } from '../graphql/page.ts'
import { Settings, Status } from './graphql.ts'
import type { ConsumerPage } from './list.ts'
import type { ConsumerRow, Standing } from './model.ts'
import type { JobView, Step } from './job.ts'

const ConsumerType = builder.enumType('ConsumerType', {
  description: 'What a consumer is for.',
  values: {
    USER: { description: 'One user.' },
    GROUP: { description: 'All users of a group.' },
    OTHER: { description: 'Made by hand, or by somebody else.' },
  } as const,
})

const STANDING_WORDS: Record<Standing, { description: string }> = {
  CURRENT: { description: 'It is as set-up would make it.' },
  OUTDATED: { description: 'Set-up would change it; its key would stay.' },
  LEFT: { description: 'Its user or group is gone, or has another way to the gateway now.' },
  OTHER: { description: 'Set-up has nothing to do with it.' },
}

const ConsumerStanding = builder.enumType('ConsumerStanding', {
  description: 'How a consumer stands to what set-up would make.',
  values: STANDING_WORDS,
})

const Consumer = builder.objectRef<ConsumerRow>('Consumer').implement({
  description: 'Somebody who may use the gateway, with a key and a limit of tokens.',
  fields: (t) => ({
    username: t.exposeString('username', { description: 'Its name in APISIX.' }),
    maskedKey: t.exposeString('maskedKey', { description: 'Enough of its key to tell it from another.' }),
    tokenLimit: t.exposeInt('tokenLimit', { nullable: true, description: 'Tokens in one window; null is no limit.' }),
    timeWindow: t.exposeInt('timeWindow', { nullable: true, description: 'Length of its window, in seconds.' }),
    type: t.expose('type', { type: ConsumerType, description: 'What it is for.' }),
    standing: t.expose('standing', { type: ConsumerStanding, description: 'How it stands to what set-up would make.' }),
    group: t.exposeString('group', { nullable: true, description: 'Name of the group.' }),
    user: t.exposeString('user', { nullable: true, description: 'Name of the user.' }),
    userCount: t.exposeInt('userCount', { description: 'How many people use it.' }),
    tokensInWindow: t.exposeFloat('tokensInWindow', {
      nullable: true,
      description:
        "Tokens used in the present window, by APISIX's metrics, which are read every 15 seconds while somebody watches. Null while it is not known: they cannot be read, or a window may go on that began before.",
    }),
    tokensTotal: t.exposeFloat('tokensTotal', {
      nullable: true,
      description: 'Tokens used since APISIX started; null when its metrics cannot be read.',
    }),
  }),
})

const Page = builder.objectRef<ConsumerPage>('ConsumerPage').implement({
  description: 'A page of consumers, with what the whole list holds.',
  fields: (t) => ({
    items: t.expose('items', { type: [Consumer], description: 'The rows of this page.' }),
    total: t.exposeInt('total', { description: 'Rows that match, on all pages.' }),
    number: t.exposeInt('number', { description: 'Number of this page, from 1.' }),
    size: t.exposeInt('size', { description: 'Rows on a page.' }),
    counts: t.expose('counts', {
      type: [
        builder.objectRef<ConsumerPage['counts'][number]>('ConsumerCount').implement({
          description: 'How many consumers stand so.',
          fields: (c) => ({
            standing: c.expose('standing', { type: ConsumerStanding, description: 'How they stand.' }),
            count: c.exposeInt('count', { description: 'How many.' }),
          }),
        }),
      ],
      description: 'Rows that match all but the standing of the filter.',
    }),
    asOf: t.field({ ...asOf, resolve: (page) => page.asOf }),
    trouble: t.expose('trouble', upstreamError),
  }),
})

const SortField = builder.enumType('ConsumerSortField', {
  description: 'By what consumers are sorted.',
  values: {
    USERNAME: { value: 'username', description: 'Name.' },
    GROUP: { value: 'group', description: 'Name of the group.' },
    TOKENS_TOTAL: { value: 'tokensTotal', description: 'Tokens used in all.' },
    TOKENS_IN_WINDOW: { value: 'tokensInWindow', description: 'Tokens used in the present window.' },
    TOKEN_LIMIT: { value: 'tokenLimit', description: 'Limit.' },
  } as const,
})

const ConsumerFilter = builder.inputType('ConsumerFilter', {
  description: 'Which consumers; all that is given has to match.',
  fields: (t) => ({
    search: t.string({ description: 'Part of a name: of the consumer, its group or user.' }),
    type: t.field({ type: ConsumerType, description: 'What they are for.' }),
    standing: t.field({ type: ConsumerStanding, description: 'How they stand.' }),
  }),
})

const ConsumerSort = builder.inputType('ConsumerSort', {
  description: 'In which order.',
  fields: (t) => ({
    field: t.field({ type: SortField, required: true, description: 'By what.' }),
    descending: t.boolean({ required: true, defaultValue: false, description: 'The largest first.' }),
  }),
})

const StepType = builder.objectRef<Step>('GatewayStep').implement({
  description: 'One thing that a run does.',
  fields: (t) => ({
    username: t.exposeString('username', { description: 'Name of the consumer, or id of the route.' }),
    label: t.exposeString('label', { description: 'Who it is for.' }),
    action: t.expose('action', {
      type: builder.enumType('GatewayStepAction', {
        description: 'What is done.',
        values: {
          ROUTE: { description: 'The route is made or updated.' },
          CREATE: { description: 'A consumer is made.' },
          UPDATE: { description: 'A consumer is updated; its key stays.' },
          KEEP: { description: 'There is nothing to do.' },
          DELETE: { description: 'It is removed.' },
        } as const,
      }),
      description: 'What is done.',
    }),
    state: t.expose('state', {
      type: builder.enumType('GatewayStepState', {
        description: 'How far it is.',
        values: {
          WAITING: { description: 'Not done yet.' },
          DONE: { description: 'Done.' },
          FAILED: { description: 'It could not be done.' },
        } as const,
      }),
      description: 'How far it is.',
    }),
    message: t.exposeString('message', { nullable: true, description: 'Why it could not be done.' }),
  }),
})

/** A run. */
export const RunType = builder.objectRef<JobView>('GatewayRun').implement({
  description: 'A set-up or clean-up, under way or over.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Its id.' }),
    kind: t.expose('kind', {
      type: builder.enumType('GatewayRunKind', {
        description: 'What is run.',
        values: {
          SETUP: { description: 'The gateway is made what the database says.' },
          CLEANUP: { description: 'Every consumer and the route are removed.' },
        } as const,
      }),
      description: 'What is run.',
    }),
    by: t.exposeString('by', { description: 'Who began it.' }),
    startedAt: t.expose('startedAt', { type: 'DateTime', description: 'When it began.' }),
    endedAt: t.expose('endedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it ended; null while it goes on.',
    }),
    total: t.exposeInt('total', { description: 'How many steps it has.' }),
    done: t.exposeInt('done', { description: 'How many are done.' }),
    failed: t.exposeInt('failed', { description: 'How many could not be done.' }),
    message: t.exposeString('message', {
      nullable: true,
      description: 'Why it ended before its end. Begun again, it goes on.',
    }),
    steps: t.expose('steps', { type: [StepType], description: 'Its steps, all of them.' }),
  }),
})

const ConsumerChange = builder.objectRef<Change<ConsumerRow> | Ready>('ConsumerChange').implement({
  description: 'A frame of `consumerChanged`.',
  fields: (t) => ({
    kind: t.field({ type: ChangeKind, description: 'What happened.', resolve: (change) => change.kind }),
    username: t.string({ nullable: true, description: 'Which one; null when READY.', resolve: (change) => change.id }),
    consumer: t.field({
      type: Consumer,
      nullable: true,
      description: 'The consumer as it is now; null when READY.',
      resolve: (change) => change.row,
    }),
  }),
})

builder.queryFields((t) => ({
  gatewaySettings: t.field({
    type: Settings,
    description: 'How the AI gateway is set up.',
    resolve: (_root, _args, { gatewaySetup, viewer }) => gatewaySetup.view(viewer),
  }),
  gatewayStatus: t.field({
    type: Status,
    description: 'The AI gateway, now.',
    resolve: (_root, _args, { gateway, viewer }) => gateway.status(viewer),
  }),
  consumers: t.field({
    type: Page,
    description: 'Consumers of the AI gateway, by name unless sorted otherwise.',
    args: {
      filter: t.arg({ type: ConsumerFilter, description: 'Which ones; all by default.' }),
      sort: t.arg({ type: ConsumerSort, description: 'In which order.' }),
      page: t.arg({ type: PageInput, description: 'Which page; the first 50 by default.' }),
    },
    resolve: (_root, args, { gateway, viewer }) => gateway.consumers.page(viewer, args),
  }),
  gatewayRun: t.field({
    type: RunType,
    nullable: true,
    description: 'The last set-up or clean-up since THON started; null when there was none.',
    resolve: (_root, _args, { gateway, viewer }) => gateway.run(viewer),
  }),
}))

builder.subscriptionFields((t) => ({
  gatewayStatusChanged: t.field({
    type: Status,
    description:
      'The AI gateway: first as it is, then after every change. It is asked while somebody is subscribed, once for all.',
    subscribe: (_root, _args, { gateway, viewer, replayNewest }) => {
      replayNewest()
      return gateway.seen(viewer)
    },
    resolve: (seen, _args, { gateway }) => gateway.show(seen),
  }),
  consumerChanged: t.field({
    type: ConsumerChange,
    description: 'Every change of a consumer, whoever makes it. The gateway is asked while somebody is subscribed.',
    subscribe: (_root, _args, { gateway, viewer }) => gateway.consumers.changes(viewer),
    resolve: (change) => change,
  }),
  gatewayRunChanged: t.field({
    type: RunType,
    nullable: true,
    description:
      'The last set-up or clean-up: first as it is, then after changes, at most five times a second. Ask `gatewayRun` for its steps where there may be many.',
    subscribe: (_root, _args, { gateway, viewer, replayNewest }) => {
      replayNewest()
      return gateway.runFrames(viewer)
    },
    resolve: (run) => run,
  }),
}))
