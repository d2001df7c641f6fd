import { builder } from '../graphql/builder.ts'
import { asOf, upstreamError } from '../graphql/upstream.ts'
import type { ApplyPlan, GatewayStatus, Mode, Reachability, RouteState } from './model.ts'
import type { GatewayService } from './service.ts'
import type { GatewaySettingsService, GatewaySettingsView } from './settings.ts'

declare module '../graphql/context.ts' {
  interface Services {
    gateway: GatewayService
    gatewaySettings: GatewaySettingsService
  }
}

const MODE_VALUES: Record<'PER_USER' | 'PER_GROUP', { value: Mode; description: string }> = {
  PER_USER: { value: 'per-user', description: 'Each user has a key and a limit.' },
  PER_GROUP: { value: 'per-group', description: 'The users of a group share a key, and the sum of their limits.' },
}

/** Whether users or groups have keys. */
export const GatewayMode = builder.enumType('GatewayMode', {
  description: 'Who shares a key and its tokens.',
  values: MODE_VALUES,
})

const SecretOrigin = builder.enumType('SecretOrigin', {
  description: 'Where a secret comes from.',
  values: {
    SETTINGS: { description: 'An organizer entered it.' },
    ENVIRONMENT: { description: 'The environment or thon.yaml.' },
    FILE: { description: "APISIX's own configuration file on this machine." },
  } as const,
})

/** The settings in effect. */
export const GatewaySettings = builder.objectRef<GatewaySettingsView>('GatewaySettings').implement({
  description: 'Settings of the AI gateway. For secrets it only says whether they are set.',
  fields: (t) => ({
    enabled: t.exposeBoolean('enabled'),
    mode: t.expose('mode', { type: GatewayMode }),
    tokenLimit: t.exposeInt('tokenLimit', { description: 'Tokens of one person per window.' }),
    timeWindow: t.exposeInt('timeWindow', { description: 'Length of a window, in seconds.' }),
    redisHost: t.exposeString('redisHost', {
      nullable: true,
      description: 'Redis with the token counters; null when APISIX counts by itself.',
    }),
    redisPort: t.exposeInt('redisPort'),
    hasRedisPassword: t.exposeBoolean('hasRedisPassword'),
    lemonadeUrl: t.exposeString('lemonadeUrl', { description: 'Address at which APISIX reaches the LLM server.' }),
    hasLemonadeApiKey: t.exposeBoolean('hasLemonadeApiKey', {
      description: 'Whether an API key of the LLM server is set.',
    }),
    lemonadeModel: t.exposeString('lemonadeModel', {
      nullable: true,
      description: 'The model that everyone gets; null leaves the choice to the client.',
    }),
    adminUrl: t.exposeString('adminUrl', { description: "Address of APISIX's Admin API." }),
    adminKeyFrom: t.expose('adminKeyFrom', {
      type: SecretOrigin,
      nullable: true,
      description: 'Where the key of the Admin API comes from; null when no key is known.',
    }),
    adminKeyFile: t.exposeString('adminKeyFile', {
      nullable: true,
      description: 'The file with that key, when it comes from one.',
    }),
    proxyPort: t.exposeInt('proxyPort', { description: 'Port on which APISIX serves people.' }),
    updatedAt: t.expose('updatedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Null while no organizer has changed them.',
    }),
    updatedBy: t.exposeString('updatedBy', {
      nullable: true,
      description: 'Name of the person who last changed them.',
    }),
  }),
})

const State = builder.enumType('GatewayState', {
  description: 'Whether APISIX can be used.',
  values: {
    DISABLED: { description: 'Turned off in the settings, so it is not polled.' },
    UNKNOWN: { description: 'Not polled yet.' },
    RUNNING: { description: 'It answers and accepts the Admin key.' },
    OFFLINE: { description: 'It does not answer, or not in time.' },
    UNAUTHORIZED: { description: 'It rejects the Admin key, or no key is known.' },
    FAULTY: { description: 'It answers with an error, or with something that cannot be read.' },
  } as const,
})

/** The route to the models. */
export const GatewayRoute = builder.objectRef<RouteState>('GatewayRoute').implement({
  description: 'The route through which people reach the models.',
  fields: (t) => ({
    configured: t.exposeBoolean('configured', { description: 'Whether it exists.' }),
    current: t.exposeBoolean('current', { description: 'Whether it is as the settings ask for it.' }),
    uri: t.exposeString('uri', { nullable: true, description: 'Path at which APISIX serves it.' }),
    upstream: t.exposeString('upstream', { nullable: true, description: 'Address to which APISIX forwards requests.' }),
    model: t.exposeString('model', {
      nullable: true,
      description: 'The model it asks for; null leaves the choice to the client.',
    }),
  }),
})

const Redis = builder.objectRef<{ redis: Reachability | null }>('GatewayRedis').implement({
  description: 'The Redis with the token counters.',
  fields: (t) => ({
    configured: t.boolean({ resolve: ({ redis }) => redis !== null }),
    reachable: t.boolean({ resolve: ({ redis }) => redis?.reachable ?? false }),
    message: t.string({
      nullable: true,
      description: 'Why it is not reachable.',
      resolve: ({ redis }) => redis?.message,
    }),
  }),
})

const Usage = builder.objectRef<Reachability>('GatewayUsage').implement({
  description: "APISIX's metrics, the source of all usage figures.",
  fields: (t) => ({
    available: t.exposeBoolean('reachable'),
    message: t.exposeString('message', { nullable: true, description: 'Why they are not available.' }),
  }),
})

const Plan = builder.objectRef<ApplyPlan>('GatewayPlan').implement({
  description: 'What applyGatewayConfig would change.',
  fields: (t) => ({
    missing: t.exposeInt('missing', { description: 'Consumers it would create.' }),
    outdated: t.exposeInt('outdated', { description: 'Consumers it would update; their keys stay.' }),
    orphaned: t.exposeInt('orphaned', { description: 'Consumers whose user or group is gone; it leaves them alone.' }),
    current: t.exposeInt('current', { description: 'Consumers that are up to date.' }),
    routePending: t.exposeBoolean('routePending', { description: 'Whether it would create or update the route.' }),
  }),
})

const NO_ROUTE: RouteState = { configured: false, current: false, uri: null, upstream: null, model: null }
const NO_PLAN: ApplyPlan = { missing: 0, outdated: 0, orphaned: 0, current: 0, routePending: false }

const Status = builder.objectRef<GatewayStatus>('GatewayStatus').implement({
  description: 'The AI gateway (APISIX). When it fails, the last known values stay.',
  fields: (t) => ({
    state: t.expose('state', { type: State }),
    asOf: t.field({ ...asOf, resolve: (status) => status.asOf }),
    error: t.expose('error', upstreamError),
    version: t.string({
      nullable: true,
      description: 'Version of APISIX; null when it hides its version.',
      resolve: ({ snapshot }) => snapshot?.version,
    }),
    adminUrl: t.exposeString('adminUrl', { description: "Address of APISIX's Admin API." }),
    proxyUrl: t.exposeString('proxyUrl', { description: 'Where APISIX serves people, from this machine.' }),
    peopleUrl: t.exposeString('peopleUrl', { description: 'Base URL for OpenAI clients in sandboxes.' }),
    mode: t.expose('mode', { type: GatewayMode }),
    consumerCount: t.int({ resolve: ({ snapshot }) => snapshot?.rows.length ?? 0 }),
    route: t.field({ type: GatewayRoute, resolve: ({ snapshot }) => snapshot?.route ?? NO_ROUTE }),
    redis: t.field({ type: Redis, resolve: ({ redis }) => ({ redis }) }),
    usage: t.field({
      type: Usage,
      resolve: ({ snapshot }) => snapshot?.usage ?? { reachable: false, message: null },
    }),
    limitations: t.stringList({
      description:
        'Warnings for organizers, a sentence each: what this version of APISIX cannot do, and how people can get around the gateway.',
      resolve: ({ snapshot }) => snapshot?.limitations ?? [],
    }),
    outdatedInstances: t.idList({
      description:
        'Running instances without the current key of their user in their Kilo Code Config: models do not answer there. updateInstanceFiles sends them the key.',
      resolve: ({ snapshot }) => snapshot?.outdatedInstances ?? [],
    }),
    plan: t.field({ type: Plan, resolve: ({ snapshot }) => snapshot?.plan ?? NO_PLAN }),
  }),
})

builder.queryFields((t) => ({
  gatewaySettings: t.field({
    type: GatewaySettings,
    description: 'The settings in effect: what organizers changed, over the environment.',
    resolve: (_root, _args, { gatewaySettings, viewer }) => gatewaySettings.view(viewer),
  }),
  gatewayStatus: t.field({
    type: Status,
    description: 'The AI gateway, polled at most every 5 seconds.',
    resolve: (_root, _args, { gateway, viewer }) => gateway.status(viewer),
  }),
}))

builder.subscriptionField('gatewayStatusChanged', (t) =>
  t.field({
    type: Status,
    description:
      'The AI gateway: first its current status, then every change. It is polled while someone is subscribed, once for all subscribers.',
    subscribe: (_root, _args, { gateway, viewer, replayNewest }) => {
      replayNewest()
      return gateway.statusChanges(viewer)
    },
    resolve: (snapshot, _args, { gateway }) => gateway.toStatus(snapshot),
  }),
)
