import type { Change as RowChange, Ready } from '../core/events.ts'
import { builder } from '../graphql/builder.ts'
import { Change } from '../graphql/change.ts'
import { Page, PageInput } from '../graphql/page.ts'
import { asOf, upstreamError } from '../graphql/upstream.ts'
import type { ConsumerPage } from './consumer-list.ts'
import type { ConsumerRow, ConsumerStatus } from './model.ts'

const ConsumerType = builder.enumType('ConsumerType', {
  description: 'Who uses a consumer.',
  values: {
    USER: { description: 'One user.' },
    GROUP: { description: 'All users of a group.' },
    OTHER: { description: 'Someone outside the groups: an organizer created it, or another program did.' },
  } as const,
})

const STATUSES: Record<ConsumerStatus, { description: string }> = {
  CURRENT: { description: 'As the database asks for it.' },
  OUTDATED: { description: 'applyGatewayConfig would update it; its key would stay.' },
  ORPHANED: { description: 'Its user or group was deleted, or has a different consumer now.' },
  OTHER: { description: 'Not for a user or group of the database. applyGatewayConfig leaves it alone.' },
}

const Status = builder.enumType('ConsumerStatus', {
  description: 'How a consumer compares with the one that the database asks for.',
  values: STATUSES,
})

const Consumer = builder.objectRef<ConsumerRow>('Consumer').implement({
  description: 'An API key and a token limit at the gateway.',
  fields: (t) => ({
    username: t.exposeString('username', { description: 'Its unique name in APISIX.' }),
    maskedKey: t.exposeString('maskedKey', { description: 'Enough of its key to tell it from others.' }),
    tokenLimit: t.exposeInt('tokenLimit', { nullable: true, description: 'Tokens per window; null is unlimited.' }),
    timeWindow: t.exposeInt('timeWindow', { nullable: true, description: 'Length of a window, in seconds.' }),
    type: t.expose('type', { type: ConsumerType }),
    status: t.expose('status', { type: Status }),
    groupName: t.exposeString('group', {
      nullable: true,
      description: 'Name of its group, or of the group of its user.',
    }),
    memberName: t.exposeString('user', {
      nullable: true,
      description: 'Name of its user within that group; null when the group shares it.',
    }),
    userCount: t.exposeInt('userCount', { description: 'How many users share it.' }),
    tokensInWindow: t.exposeFloat('tokensInWindow', {
      nullable: true,
      description:
        "Tokens used in the current window, from APISIX's metrics, which are read every 15 seconds while someone watches. Null while that is unknown: the metrics cannot be read, or the window began before THON read them.",
    }),
    tokensTotal: t.exposeFloat('tokensTotal', {
      nullable: true,
      description: 'Tokens used since APISIX started; null when its metrics cannot be read.',
    }),
  }),
})

const ConsumerCount = builder.objectRef<ConsumerPage['counts'][number]>('ConsumerCount').implement({
  description: 'How many consumers have one status.',
  fields: (t) => ({
    status: t.expose('status', { type: Status }),
    count: t.exposeInt('count'),
  }),
})

const ConsumerPageType = builder.objectRef<ConsumerPage>('ConsumerPage').implement({
  interfaces: [Page],
  description: 'A page of consumers, as last seen, with figures of the whole list.',
  fields: (t) => ({
    items: t.expose('items', { type: [Consumer] }),
    counts: t.expose('counts', {
      type: [ConsumerCount],
      description: 'Consumers that match the filter apart from its `status`, by status.',
    }),
    asOf: t.field({ ...asOf, resolve: (page) => page.asOf }),
    error: t.expose('error', upstreamError),
  }),
})

const ConsumerFilter = builder.inputType('ConsumerFilter', {
  description: 'All given conditions have to match.',
  fields: (t) => ({
    search: t.string({ description: 'Part of a name: of the consumer, its group or its user.' }),
    type: t.field({ type: ConsumerType, description: 'Who uses them.' }),
    status: t.field({ type: Status, description: 'How they compare with the database.' }),
  }),
})

const ConsumerSort = builder.inputType('ConsumerSort', {
  description: 'Equal rows are sorted by name.',
  fields: (t) => ({
    field: t.field({
      type: builder.enumType('ConsumerSortField', {
        description: 'A column of the list of consumers.',
        values: {
          USERNAME: { value: 'username', description: 'Name of the consumer.' },
          GROUP: { value: 'group', description: 'Name of the group.' },
          TOKENS_TOTAL: { value: 'tokensTotal', description: 'Tokens used since APISIX started.' },
          TOKENS_IN_WINDOW: { value: 'tokensInWindow', description: 'Tokens used in the current window.' },
          TOKEN_LIMIT: { value: 'tokenLimit', description: 'Tokens per window.' },
        } as const,
      }),
      required: true,
      description: 'Unknown values come first.',
    }),
    descending: t.boolean({ required: true, defaultValue: false, description: 'Largest or last first.' }),
  }),
})

builder.queryField('consumers', (t) =>
  t.field({
    type: ConsumerPageType,
    description: 'Consumers of the AI gateway, as last seen.',
    args: {
      filter: t.arg({ type: ConsumerFilter, description: 'All consumers by default.' }),
      sort: t.arg({ type: ConsumerSort, description: 'By name by default.' }),
      page: t.arg({ type: PageInput, description: 'The first 50 rows by default.' }),
    },
    resolve: (_root, args, { gateway, viewer }) => gateway.consumers.page(viewer, args),
  }),
)

const ConsumerChange = builder.objectRef<RowChange<ConsumerRow> | Ready>('ConsumerChange').implement({
  interfaces: [Change],
  description: 'A change of one consumer. Its `id` is the name of the consumer.',
  fields: (t) => ({
    consumer: t.field({
      type: Consumer,
      nullable: true,
      description: 'Its new values, or its last ones when it was removed; null with READY.',
      resolve: (change) => change.row,
    }),
  }),
})

builder.subscriptionField('consumerChanged', (t) =>
  t.field({
    type: ConsumerChange,
    description:
      'Every change of a consumer, also one made outside THON. The gateway is polled while someone is subscribed.',
    subscribe: (_root, _args, { gateway, viewer }) => gateway.consumers.changes(viewer),
    resolve: (change) => change,
  }),
)
