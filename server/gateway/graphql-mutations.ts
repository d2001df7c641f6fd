import { builder } from '../graphql/builder.ts'
import { GatewayMode, Route, Settings } from './graphql.ts'
import { RunType } from './graphql-consumers.ts'
import type { RevealedKey } from './model.ts'

const Revealed = builder.objectRef<RevealedKey>('RevealedKey').implement({
  description: 'A key in clear text.',
  fields: (t) => ({
    username: t.exposeString('username', { description: 'Name of the consumer.' }),
    key: t.exposeString('key', { description: 'Its key; clients of OpenAI send it as they do theirs.' }),
    baseUrl: t.exposeString('baseUrl', { description: 'Base URL for clients of OpenAI in sandboxes.' }),
  }),
})

const SettingsInput = builder.inputType('GatewaySettingsInput', {
  description: 'Settings to change; what is left out or null stays. Empty texts clear what may be without.',
  fields: (t) => ({
    enabled: t.boolean({ description: 'Whether the gateway is used.' }),
    mode: t.field({ type: GatewayMode, description: 'Who shares a key.' }),
    tokenLimit: t.int({ description: 'Tokens of one person in one window, at least 1.' }),
    timeWindow: t.int({ description: 'Length of a window in seconds, at least 1.' }),
    redisHost: t.string({ description: 'Redis that counts; empty counts in APISIX.' }),
    redisPort: t.int({ description: 'Its port.' }),
    redisPassword: t.string({ description: 'Its password; empty is none.' }),
    lemonadeUrl: t.string({
      description: 'Where the gateway finds the LLM server, with a path or without; empty is where it was first.',
    }),
    lemonadeApiKey: t.string({ description: 'Key of the LLM server; empty is none.' }),
    lemonadeModel: t.string({ description: 'The model everybody gets; empty is the one a client asks for.' }),
    adminUrl: t.string({ description: "Where APISIX's Admin API answers; empty is where it was first." }),
    adminKey: t.string({ description: "Its key; empty is that of the environment, or of APISIX's own configuration." }),
    proxyPort: t.int({ description: 'Port on which the gateway serves people.' }),
  }),
})

const ConsumerInput = builder.inputType('ConsumerInput', {
  description: 'A consumer to make by hand.',
  fields: (t) => ({
    username: t.string({ required: true, description: '1 to 256 letters, digits, _ or -.' }),
    key: t.string({ description: 'Its key; left out, one is made.' }),
    tokenLimit: t.int({ description: 'Tokens in one window; left out, as in the settings.' }),
    timeWindow: t.int({ description: 'Length of a window in seconds; left out, as in the settings.' }),
  }),
})

const ConsumerResult = builder.objectRef<{ username: string; error: string | null }>('ConsumerResult').implement({
  description: 'What became of one of several consumers.',
  fields: (t) => ({
    username: t.exposeString('username', { description: 'Which one.' }),
    ok: t.boolean({ description: 'Whether it was done.', resolve: ({ error }) => error === null }),
    error: t.exposeString('error', { nullable: true, description: 'Why not.' }),
  }),
})

const itsName = { required: true, description: 'Name of the consumer.' } as const

builder.mutationFields((t) => ({
  setGatewaySettings: t.field({
    type: Settings,
    description: 'Changes settings of the AI gateway. Consumers and route follow at the next set-up.',
    args: { input: t.arg({ type: SettingsInput, required: true, description: 'What to change.' }) },
    resolve: (_root, { input }, { gatewaySetup, viewer }) => gatewaySetup.set(viewer, input),
  }),
  setUpGateway: t.field({
    type: RunType,
    description:
      'Begins to make the gateway what the database says, and answers at once. Keys that are there stay; what is as it should be is left alone. CONFLICT while a run is under way; UPSTREAM_FAILED when the gateway does not answer, and nothing was begun.',
    resolve: async (_root, _args, { gateway, viewer }) => (await gateway.setUp(viewer)).view(),
  }),
  cleanUpGateway: t.field({
    type: RunType,
    description: 'Begins to remove every consumer and the route. Every key stops working.',
    args: { confirm: t.arg.string({ required: true, description: 'The words: clean up' }) },
    resolve: async (_root, { confirm }, { gateway, viewer }) => (await gateway.cleanUp(viewer, confirm)).view(),
  }),
  putGatewayRoute: t.field({
    type: Route,
    description: 'Makes or updates the route alone.',
    resolve: (_root, _args, { gateway, viewer }) => gateway.putRoute(viewer),
  }),
  deleteGatewayRoute: t.boolean({
    description: 'Removes the route: nobody reaches the models any more. Returns whether there was one.',
    resolve: (_root, _args, { gateway, viewer }) => gateway.deleteRoute(viewer),
  }),
}))

builder.mutationFields((t) => ({
  createConsumer: t.field({
    type: Revealed,
    description: 'Makes a consumer by hand, and tells its key. CONFLICT when there is one of that name.',
    args: { input: t.arg({ type: ConsumerInput, required: true, description: 'What to make.' }) },
    resolve: (_root, { input }, { gateway, viewer }) => gateway.consumers.create(viewer, input),
  }),
  deleteConsumers: t.field({
    type: [ConsumerResult],
    description: 'Removes consumers: their keys stop working. One result for each, in their order.',
    args: { usernames: t.arg.stringList({ required: true, description: 'Names of consumers, 2000 at most.' }) },
    resolve: (_root, { usernames }, { gateway, viewer }) => gateway.consumers.deleteMany(viewer, usernames),
  }),
  rotateConsumerKey: t.field({
    type: Revealed,
    description: 'Gives a consumer a new key, and tells it. The old one stops working; what was used still counts.',
    args: { username: t.arg.string(itsName) },
    resolve: (_root, { username }, { gateway, viewer }) => gateway.consumers.rotateKey(viewer, username),
  }),
  revealConsumerKey: t.field({
    type: Revealed,
    description: 'Tells the key of a consumer. A mutation, since the activity log tells that it was told.',
    args: { username: t.arg.string(itsName) },
    resolve: (_root, { username }, { gateway, viewer }) => gateway.consumers.reveal(viewer, username),
  }),
  revealUserKey: t.field({
    type: Revealed,
    description: 'Tells the key of a user, or of their group: to themselves, and to organizers.',
    args: { userId: t.arg.id({ required: true, description: 'Id of the user.' }) },
    resolve: (_root, { userId }, { gateway, viewer }) => gateway.myKeys.reveal(viewer, userId),
  }),
}))
