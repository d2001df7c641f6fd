import { builder } from '../graphql/builder.ts'
import { ResultError } from '../graphql/result.ts'
import type { ConsumerResult } from './consumers.ts'
import { GatewayMode, GatewayRoute, GatewaySettings } from './graphql.ts'
import { GatewayJob } from './graphql-jobs.ts'
import type { RevealedKey } from './model.ts'
import { DELETE_CONFIRMATION } from './service.ts'

const UpdateSettingsInput = builder.inputType('UpdateGatewaySettingsInput', {
  description: 'Fields that are null or left out stay. An empty text clears a setting or restores its first value.',
  fields: (t) => ({
    enabled: t.boolean({ description: 'Whether the gateway is used.' }),
    mode: t.field({ type: GatewayMode, description: 'Who shares a key.' }),
    tokenLimit: t.int({ description: 'Tokens of one person per window, at least 1.' }),
    timeWindow: t.int({ description: 'Length of a window in seconds, at least 1.' }),
    redisHost: t.string({ description: 'Redis for the token counters; empty when APISIX counts by itself.' }),
    redisPort: t.int({ description: 'Port of that Redis.' }),
    redisPassword: t.string({ description: 'Empty removes it.' }),
    lemonadeUrl: t.string({
      description:
        'Address at which APISIX reaches the LLM server, with or without a path; empty restores the first value.',
    }),
    lemonadeApiKey: t.string({ description: 'API key of the LLM server; empty removes it.' }),
    lemonadeModel: t.string({ description: 'The model that everyone gets; empty leaves the choice to the client.' }),
    adminUrl: t.string({ description: "Address of APISIX's Admin API; empty restores the first value." }),
    adminKey: t.string({
      description: "Key of the Admin API; empty restores the one of the environment or of APISIX's configuration file.",
    }),
    proxyPort: t.int({ description: 'Port on which APISIX serves people.' }),
  }),
})

const DeleteConfigInput = builder.inputType('DeleteGatewayConfigInput', {
  description: 'A confirmation, since every key stops working.',
  fields: (t) => ({
    confirm: t.string({ required: true, description: `Has to be \`${DELETE_CONFIRMATION}\`.` }),
  }),
})

builder.mutationFields((t) => ({
  updateGatewaySettings: t.field({
    type: GatewaySettings,
    description: 'Changes settings of the AI gateway. Consumers and the route follow with the next applyGatewayConfig.',
    args: { input: t.arg({ type: UpdateSettingsInput, required: true, description: 'What to change.' }) },
    resolve: (_root, { input }, { gatewaySettings, viewer }) => gatewaySettings.update(viewer, input),
  }),
  applyGatewayConfig: t.field({
    type: GatewayJob,
    description:
      'Starts to bring the gateway in line with the database, and returns at once. Existing keys stay; what is up to date is left alone. CONFLICT while another job is running; UPSTREAM_FAILED when the gateway does not answer, with nothing changed.',
    resolve: async (_root, _args, { gateway, viewer }) => (await gateway.applyConfig(viewer)).view(),
  }),
  deleteGatewayConfig: t.field({
    type: GatewayJob,
    description: 'Starts to delete every consumer and the route, and returns at once. Every key stops working.',
    args: { input: t.arg({ type: DeleteConfigInput, required: true, description: 'The confirmation.' }) },
    resolve: async (_root, { input }, { gateway, viewer }) =>
      (await gateway.deleteConfig(viewer, input.confirm)).view(),
  }),
  updateGatewayRoute: t.field({
    type: GatewayRoute,
    description: 'Creates or updates the route alone.',
    resolve: (_root, _args, { gateway, viewer }) => gateway.updateRoute(viewer),
  }),
  deleteGatewayRoute: t.boolean({
    description: 'Deletes the route, so that no one can reach the models. Returns whether it existed.',
    resolve: (_root, _args, { gateway, viewer }) => gateway.deleteRoute(viewer),
  }),
}))

const Revealed = builder.objectRef<RevealedKey>('RevealedKey').implement({
  description: 'A key in plain text.',
  fields: (t) => ({
    username: t.exposeString('username', { description: 'Name of the consumer.' }),
    key: t.exposeString('key', { description: 'OpenAI clients take it as their API key.' }),
    baseUrl: t.exposeString('baseUrl', { description: 'Base URL for OpenAI clients in sandboxes.' }),
  }),
})

const DeletedConsumer = builder.objectRef<ConsumerResult>('ConsumerResult').implement({
  description: 'What became of one of several consumers.',
  fields: (t) => ({
    username: t.exposeString('username', { description: 'Name of the consumer.' }),
    error: t.field({
      type: ResultError,
      nullable: true,
      description: 'Why it was not deleted.',
      resolve: ({ error }) => error && { code: error.code, message: error.message, fields: error.fields },
    }),
  }),
})

const CreateConsumerInput = builder.inputType('CreateConsumerInput', {
  description: 'A consumer outside the groups, such as a mentor or a demo.',
  fields: (t) => ({
    username: t.string({ required: true, description: '1 to 256 letters, digits, _ or -.' }),
    key: t.string({ description: 'Generated when it is left out.' }),
    tokenLimit: t.int({ description: 'Tokens per window; by default as in the settings.' }),
    timeWindow: t.int({ description: 'Length of a window in seconds; by default as in the settings.' }),
  }),
})

const DeleteConsumersInput = builder.inputType('DeleteConsumersInput', {
  description: 'Which consumers to delete.',
  fields: (t) => ({
    usernames: t.stringList({ required: true, description: 'Names of consumers, at most 2000.' }),
  }),
})

/** The input of a mutation that takes the name of one consumer. */
function consumerNameInput(name: string) {
  return builder.inputType(name, {
    description: 'Which consumer.',
    fields: (t) => ({ username: t.string({ required: true, description: 'Name of the consumer.' }) }),
  })
}

const RotateKeyInput = consumerNameInput('RotateConsumerKeyInput')
const RevealKeyInput = consumerNameInput('RevealConsumerKeyInput')
const RevealUserKeyInput = builder.inputType('RevealUserKeyInput', {
  description: 'Whose key to reveal.',
  fields: (t) => ({ userId: t.id({ required: true, description: 'Id of the user.' }) }),
})

builder.mutationFields((t) => ({
  createConsumer: t.field({
    type: Revealed,
    description:
      'Creates a consumer outside the groups, and returns its key. CONFLICT when the name or the key is taken.',
    args: { input: t.arg({ type: CreateConsumerInput, required: true, description: 'What to create.' }) },
    resolve: (_root, { input }, { gateway, viewer }) => gateway.consumers.create(viewer, input),
  }),
  deleteConsumers: t.field({
    type: [DeletedConsumer],
    description: 'Deletes consumers; their keys stop working. Returns one result per name, in the same order.',
    args: { input: t.arg({ type: DeleteConsumersInput, required: true, description: 'What to delete.' }) },
    resolve: (_root, { input }, { gateway, viewer }) => gateway.consumers.deleteMany(viewer, input.usernames),
  }),
  rotateConsumerKey: t.field({
    type: Revealed,
    description: 'Gives a consumer a new key, and returns it. The old key stops working; used tokens still count.',
    args: { input: t.arg({ type: RotateKeyInput, required: true, description: 'Which one.' }) },
    resolve: (_root, { input }, { gateway, viewer }) => gateway.consumers.rotateKey(viewer, input.username),
  }),
  revealConsumerKey: t.field({
    type: Revealed,
    description: 'Returns the key of a consumer, and writes that to the activity log.',
    args: { input: t.arg({ type: RevealKeyInput, required: true, description: 'Which one.' }) },
    resolve: (_root, { input }, { gateway, viewer }) => gateway.consumers.reveal(viewer, input.username),
  }),
  revealUserKey: t.field({
    type: Revealed,
    description:
      'Returns the key of a user, or of their group, and writes that to the activity log. For that user and for organizers.',
    args: { input: t.arg({ type: RevealUserKeyInput, required: true, description: 'Whose.' }) },
    resolve: (_root, { input }, { gateway, viewer }) => gateway.myKeys.reveal(viewer, input.userId),
  }),
}))
