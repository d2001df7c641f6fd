import { builder, screaming } from '../graphql/builder.ts'
import type { SandboxNetworkView } from './network/sandbox-network.ts'
import type { EngineView, EngineService } from './service.ts'

declare module '../graphql/context.ts' {
  interface Services {
    engine: EngineService
  }
}

/** The kinds of engines, as GraphQL names them. */
export const EngineKindEnum = builder.enumType('EngineKind', {
  description: 'What runs the sandboxes.',
  values: screaming({
    docker: { description: 'Docker: one container per sandbox.' },
    process: { description: 'The embedded engine: one child process of THON per sandbox. It isolates nothing.' },
  }),
})

const CapabilityEnum = builder.enumType('EngineCapability', {
  description: 'What an engine may be unable to do.',
  values: screaming({
    isolation: { description: 'Keep sandboxes apart from each other and from the machine.' },
    limits: { description: 'Limit the memory, the CPU and the number of processes of a sandbox.' },
    images: { description: 'Run a sandbox from an image.' },
    survival: { description: 'Keep sandboxes running while THON is stopped.' },
  }),
})

const Network = builder.objectRef<SandboxNetworkView>('SandboxNetwork').implement({
  description:
    'What sandboxes reach over the network. Each group has its own network. Sandboxes never reach the metadata addresses of clouds, nor ports of this machine that are not listed here.',
  fields: (t) => ({
    pool: t.exposeString('pool', {
      description: 'The network that the networks of groups are taken from, as CIDR (SANDBOX_NETWORK_POOL).',
    }),
    lanBlocked: t.exposeBoolean('lanBlocked', {
      description: 'Whether other machines of the LAN and all private addresses are blocked (SANDBOX_LAN).',
    }),
    internetBlocked: t.exposeBoolean('internetBlocked', {
      description: 'Whether the internet is blocked (SANDBOX_INTERNET).',
    }),
    exceptions: t.exposeStringList('exceptions', {
      description: 'Addresses and networks that sandboxes reach despite that, some at one port only (SANDBOX_ALLOW).',
    }),
    hostPorts: t.exposeIntList('hostPorts', {
      description:
        'TCP ports of this machine that sandboxes reach: LEMONADE_PORT, SANDBOX_HOST_PORTS, and the port of the AI gateway while it is on.',
    }),
    nameServers: t.exposeStringList('nameServers', { description: 'Name servers that sandboxes reach, at port 53.' }),
    enforced: t.exposeBoolean('enforced', { description: 'Whether all of this is in force.' }),
    notices: t.exposeStringList('notices', {
      description: 'What is not in force, why, and what to do; and which settings have no effect. A sentence each.',
    }),
  }),
})

const Engine = builder.objectRef<EngineView>('Engine').implement({
  description:
    'The sandbox engine. While it is unavailable, instances keep their state and commands fail with UNAVAILABLE.',
  fields: (t) => ({
    kind: t.expose('kind', { type: EngineKindEnum, description: 'Docker or the embedded engine.' }),
    connected: t.exposeBoolean('connected', { description: 'Whether the engine answers.' }),
    since: t.expose('since', {
      type: 'DateTime',
      description: 'Since when the engine has answered, or has been unavailable.',
    }),
    message: t.exposeString('message', {
      nullable: true,
      description: 'Why it is unavailable and what to do; null while it answers, and for participants.',
    }),
    version: t.string({
      nullable: true,
      description: 'Version of its software; null until it answers for the first time, and for participants.',
      resolve: (engine) => engine.info?.version,
    }),
    image: t.exposeString('image', {
      nullable: true,
      description: 'Image of new sandboxes (SANDBOX_IMAGE); null for participants.',
    }),
    imagePresent: t.boolean({
      nullable: true,
      description:
        'Whether that image is on this machine; null when the engine uses no images or has never answered, and for participants.',
      resolve: (engine) => engine.info?.imagePresent,
    }),
    cannot: t.field({
      type: [CapabilityEnum],
      description: 'What it cannot do; empty for participants.',
      resolve: (engine) => [...engine.cannot],
    }),
    notices: t.exposeStringList('notices', {
      description: 'What organizers should know about the engine; a sentence each. Empty for participants.',
    }),
    waiting: t.exposeInt('waiting', { description: 'Starts that wait in line.' }),
    starting: t.exposeInt('starting', { description: 'Starts in progress.' }),
    startLimit: t.exposeInt('startLimit', {
      description: 'Most starts in progress at the same time (THON_START_CONCURRENCY).',
    }),
    network: t.expose('network', {
      type: Network,
      nullable: true,
      description: 'What sandboxes reach over the network; null for participants.',
    }),
  }),
})

builder.queryField('engine', (t) =>
  t.field({
    type: Engine,
    description: 'The current state of the sandbox engine.',
    resolve: (_root, _args, { engine, viewer }) => engine.view(viewer),
  }),
)

builder.subscriptionField('engineChanged', (t) =>
  t.field({
    type: Engine,
    description: 'The state of the sandbox engine: first the current one, then after every change, its queue included.',
    subscribe: (_root, _args, { engine, viewer, replayNewest }) => {
      replayNewest()
      return engine.views(viewer)
    },
    resolve: (engine) => engine,
  }),
)
