import { builder, screaming } from '../graphql/builder.ts'
import type { NetworkView } from './network/sandbox-network.ts'
import type { EngineView, EngineService } from './service.ts'

declare module '../graphql/context.ts' {
  interface Services {
    engine: EngineService
  }
}

const EngineKindEnum = builder.enumType('EngineKind', {
  description: 'What runs the sandboxes.',
  values: screaming({
    docker: { description: 'A Docker engine: a container for each sandbox.' },
    process: { description: 'The embedded engine: a child process of THON for each sandbox. It isolates nothing.' },
  }),
})

const CapabilityEnum = builder.enumType('EngineCapability', {
  description: 'Something an engine may be unable to do.',
  values: screaming({
    isolation: { description: 'Keep sandboxes apart from each other and from the host.' },
    limits: { description: 'Limit memory, CPU and number of processes.' },
    images: { description: 'Run a sandbox from an image.' },
    survival: { description: 'Keep sandboxes running while THON is not.' },
  }),
})

const Network = builder.objectRef<NetworkView>('SandboxNetwork').implement({
  description:
    'What sandboxes reach over the network. Each group has a network of its own; metadata addresses of clouds and every port of this machine that is not named here are always out of reach.',
  fields: (t) => ({
    pool: t.exposeString('pool', { description: 'Network that groups get theirs from (SANDBOX_NETWORK_POOL).' }),
    lanBlocked: t.exposeBoolean('lanBlocked', {
      description: 'Whether other machines of the LAN, and all private addresses, are out of reach (SANDBOX_LAN).',
    }),
    internetBlocked: t.exposeBoolean('internetBlocked', {
      description: 'Whether the internet is out of reach (SANDBOX_INTERNET).',
    }),
    exceptions: t.exposeStringList('exceptions', {
      description: 'Addresses and networks within reach all the same, some at one port alone (SANDBOX_ALLOW).',
    }),
    hostPorts: t.exposeIntList('hostPorts', {
      description:
        'TCP ports of this machine within reach: LEMONADE_PORT, that of the AI gateway while it is on, SANDBOX_HOST_PORTS.',
    }),
    nameServers: t.exposeStringList('nameServers', { description: 'Name servers within reach, at port 53.' }),
    enforced: t.exposeBoolean('enforced', { description: 'Whether all of this is in force.' }),
    notices: t.exposeStringList('notices', {
      description: 'What is not in force, why, and what to do; and what is not as it was asked for. A sentence each.',
    }),
  }),
})

const Engine = builder.objectRef<EngineView>('Engine').implement({
  description:
    'The sandbox engine. While it is away no instance changes its state, and commands are refused as UNAVAILABLE.',
  fields: (t) => ({
    kind: t.expose('kind', { type: EngineKindEnum, description: 'Which engine it is.' }),
    connected: t.exposeBoolean('connected', { description: 'Whether it answers.' }),
    since: t.expose('since', { type: 'DateTime', description: 'Since when it has answered, or has been away.' }),
    message: t.exposeString('message', {
      nullable: true,
      description: 'Why it is away and what to do; null while it answers.',
    }),
    version: t.string({
      nullable: true,
      description: 'Its version, if it ever answered.',
      resolve: (engine) => engine.info?.version,
    }),
    image: t.exposeString('image', { description: 'Image of new sandboxes (SANDBOX_IMAGE).' }),
    imagePresent: t.boolean({
      nullable: true,
      description: 'Whether that image is on this machine; null when the engine uses none, or never answered.',
      resolve: (engine) => engine.info?.imagePresent,
    }),
    cannot: t.field({
      type: [CapabilityEnum],
      description: 'What it cannot do.',
      resolve: (engine) => [...engine.cannot],
    }),
    notices: t.exposeStringList('notices', { description: 'What an organizer should know, a sentence each.' }),
    waiting: t.exposeInt('waiting', { description: 'Starts that wait for their turn.' }),
    starting: t.exposeInt('starting', { description: 'Starts under way.' }),
    startLimit: t.exposeInt('startLimit', { description: 'Starts under way at most (THON_START_CONCURRENCY).' }),
    network: t.expose('network', { type: Network, description: 'What sandboxes reach over the network.' }),
  }),
})

builder.queryField('engine', (t) =>
  t.field({
    type: Engine,
    description: 'The sandbox engine, now.',
    resolve: (_root, _args, { engine, viewer }) => engine.view(viewer),
  }),
)

builder.subscriptionField('engineChanged', (t) =>
  t.field({
    type: Engine,
    description: 'The sandbox engine: first as it is, then after every change, its queue included.',
    subscribe: (_root, _args, { engine, viewer, replayNewest }) => {
      replayNewest()
      return engine.views(viewer)
    },
    resolve: (engine) => engine,
  }),
)
