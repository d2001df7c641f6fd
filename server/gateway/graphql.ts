import { builder } from '../graphql/builder.ts'
import { asOf, upstreamError } from '../graphql/upstream.ts'
import type { GatewayStatus, Mode, Plan, Reachable, RouteState } from './model.ts'
import type { SetupView, GatewaySetup } from './setup.ts'
import type { GatewayService } from './service.ts'

declare module '../graphql/context.ts' {
  interface Services {
    gateway: GatewayService
    gatewaySetup: GatewaySetup
  }
}

const MODE_WORDS: Record<'PER_USER' | 'PER_GROUP', { value: Mode; description: string }> = {
  PER_USER: { value: 'per-user', description: 'A consumer, with a key and a limit, for each user.' },
  PER_GROUP: { value: 'per-group', description: 'One for each group, with as much as its members have together.' },
}

/** Who shares a key. */
export const GatewayMode = builder.enumType('GatewayMode', {
  description: 'Who shares a key and its tokens.',
  values: MODE_WORDS,
})

const SecretOrigin = builder.enumType('SecretOrigin', {
  description: 'Where a secret is from.',
  values: {
    SETTINGS: { description: 'An organizer set it.' },
    ENVIRONMENT: { description: 'The environment, or thon.yaml.' },
    FILE: { description: "APISIX's own configuration on this machine." },
  } as const,
})

/** The gateway's settings. */
export const Settings = builder.objectRef<SetupView>('GatewaySettings').implement({
  description: 'How the AI gateway is set up. Secrets are never told, only whether they are set.',
  fields: (t) => ({
    enabled: t.exposeBoolean('enabled', { description: 'Whether the gateway is used.' }),
    mode: t.expose('mode', { type: GatewayMode, description: 'Who shares a key.' }),
    tokenLimit: t.exposeInt('tokenLimit', { description: 'Tokens of one person in one window.' }),
    timeWindow: t.exposeInt('timeWindow', { description: 'Length of a window, in seconds.' }),
    redisHost: t.exposeString('redisHost', {
      nullable: true,
      description: 'Redis that counts; null counts in APISIX.',
    }),
    redisPort: t.exposeInt('redisPort', { description: 'Its port.' }),
    hasRedisPassword: t.exposeBoolean('hasRedisPassword', { description: 'Whether its password is set.' }),
    lemonadeUrl: t.exposeString('lemonadeUrl', { description: 'Where the gateway finds the LLM server.' }),
    hasLemonadeApiKey: t.exposeBoolean('hasLemonadeApiKey', {
      description: 'Whether the key of the LLM server is set.',
    }),
    lemonadeModel: t.exposeString('lemonadeModel', {
      nullable: true,
      description: 'The model everybody gets; null is the one a client asks for.',
    }),
    adminUrl: t.exposeString('adminUrl', { description: "Where APISIX's Admin API answers." }),
    adminKeyFrom: t.expose('adminKeyFrom', {
      type: SecretOrigin,
      nullable: true,
      description: 'Where the key of the Admin API is from; null when there is none.',
    }),
    adminKeyFile: t.exposeString('adminKeyFile', {
      nullable: true,
      description: 'The file it was found in, if it was.',
    }),
    proxyPort: t.exposeInt('proxyPort', { description: 'Port on which the gateway serves people.' }),
    updatedAt: t.expose('updatedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When they were last changed here.',
    }),
    updatedBy: t.exposeString('updatedBy', { nullable: true, description: 'Who changed them last.' }),
  }),
})

const State = builder.enumType('GatewayState', {
  description: 'How the gateway is.',
  values: {
    DISABLED: { description: 'It is turned off here, and not asked.' },
    UNKNOWN: { description: 'It was not asked yet.' },
    RUNNING: { description: 'It answers, and takes our key.' },
    OFFLINE: { description: 'It does not answer, or not in time.' },
    UNAUTHORIZED: { description: 'It refuses our key, or there is none.' },
    FAULTY: { description: 'It answers with a fault, or with what cannot be read.' },
  } as const,
})

/** The route. */
export const Route = builder.objectRef<RouteState>('GatewayRoute').implement({
  description: 'The route by which people reach the models.',
  fields: (t) => ({
    configured: t.exposeBoolean('configured', { description: 'Whether it is there.' }),
    current: t.exposeBoolean('current', { description: 'Whether it is as set-up would make it.' }),
    uri: t.exposeString('uri', { nullable: true, description: 'Path on which it is served.' }),
    upstream: t.exposeString('upstream', { nullable: true, description: 'Where it leads.' }),
    model: t.exposeString('model', { nullable: true, description: 'The model it asks for; null is the client’s.' }),
  }),
})

const Redis = builder.objectRef<{ seen: Reachable | null }>('GatewayRedis').implement({
  description: 'The Redis that counts tokens.',
  fields: (t) => ({
    configured: t.boolean({ description: 'Whether one is set.', resolve: ({ seen }) => seen !== null }),
    reachable: t.boolean({ description: 'Whether it answers.', resolve: ({ seen }) => seen?.reachable ?? false }),
    message: t.string({ nullable: true, description: 'Why not.', resolve: ({ seen }) => seen?.message }),
  }),
})

const UsageType = builder.objectRef<Reachable>('GatewayUsage').implement({
  description: "APISIX's metrics, from which it is known what was used.",
  fields: (t) => ({
    available: t.exposeBoolean('reachable', { description: 'Whether they can be read.' }),
    message: t.exposeString('message', { nullable: true, description: 'Why not.' }),
  }),
})

const PlanType = builder.objectRef<Plan>('GatewayPlan').implement({
  description: 'What set-up would do.',
  fields: (t) => ({
    missing: t.exposeInt('missing', { description: 'Consumers it would make.' }),
    outdated: t.exposeInt('outdated', { description: 'Consumers it would update; their keys stay.' }),
    left: t.exposeInt('left', { description: 'Consumers of people and groups that are gone; it leaves them alone.' }),
    current: t.exposeInt('current', { description: 'Consumers that are as they should be.' }),
    routeDue: t.exposeBoolean('routeDue', { description: 'Whether it would make or update the route.' }),
  }),
})

const NO_ROUTE: RouteState = { configured: false, current: false, uri: null, upstream: null, model: null }
const NO_PLAN: Plan = { missing: 0, outdated: 0, left: 0, current: 0, routeDue: false }

/** The gateway as people see it first. */
export const Status = builder.objectRef<GatewayStatus>('GatewayStatus').implement({
  description: 'The AI gateway (APISIX). In trouble, what was known last stays.',
  fields: (t) => ({
    state: t.expose('state', { type: State, description: 'How it is.' }),
    asOf: t.field({ ...asOf, resolve: (status) => status.asOf }),
    trouble: t.expose('trouble', upstreamError),
    version: t.string({ nullable: true, description: 'Its version.', resolve: ({ snapshot }) => snapshot?.version }),
    adminUrl: t.exposeString('adminUrl', { description: 'Where its Admin API answers.' }),
    proxyUrl: t.exposeString('proxyUrl', { description: 'Where it serves people on this machine.' }),
    peopleUrl: t.exposeString('peopleUrl', { description: 'Base URL for clients of OpenAI in sandboxes.' }),
    mode: t.expose('mode', { type: GatewayMode, description: 'Who shares a key.' }),
    consumerCount: t.int({
      description: 'How many consumers it has.',
      resolve: ({ snapshot }) => snapshot?.rows.length ?? 0,
    }),
    route: t.field({ type: Route, description: 'The route.', resolve: ({ snapshot }) => snapshot?.route ?? NO_ROUTE }),
    redis: t.field({
      type: Redis,
      description: 'The Redis that counts.',
      resolve: ({ redis }) => ({ seen: redis }),
    }),
    usage: t.field({
      type: UsageType,
      description: 'Whether it is known what was used.',
      resolve: ({ snapshot }) => snapshot?.usage ?? { reachable: false, message: null },
    }),
    limitations: t.stringList({
      description:
        'What does not hold, a sentence each: what this version of APISIX cannot do, and how people get past it.',
      resolve: ({ snapshot }) => snapshot?.limitations ?? [],
    }),
    outdatedInstances: t.idList({
      description:
        'Running instances whose Kilo Code Config has another key than its person has now, or none: the way to the models is shut there. updateInstanceFiles gives them the new one.',
      resolve: ({ snapshot }) => snapshot?.outdatedInstances ?? [],
    }),
    plan: t.field({
      type: PlanType,
      description: 'What set-up would do.',
      resolve: ({ snapshot }) => snapshot?.plan ?? NO_PLAN,
    }),
  }),
})
