import type { ContainerCreateOptions, ContainerInspectInfo } from 'dockerode'
import { sandboxName } from '../../core/names.ts'
import { EngineRefused, type Sandbox, type SandboxSpec, type SandboxStatus } from '../engine.ts'

/** Labels that make a container or a volume ours. Containers are found by them, never by name. */
export const LABEL = {
  instance: 'thon.instance',
  node: 'thon.node',
  group: 'thon.group',
  username: 'thon.username',
  port: 'thon.port',
  volume: 'thon.volume',
} as const

/** What the machine of the engine can do, as far as a new container depends on it. */
export interface Machine {
  cpus: number
  /** Whether it has docker-init, which Debian keeps in a package of its own. */
  hasInit: boolean
}

/**
 * What an IDE needs when its image runs as root, or starts as root and steps down: package managers change owners and
 * users (CHOWN, FOWNER, DAC_OVERRIDE, SETUID, SETGID), a terminal ends its children (KILL), and a web server is tried on
 * port 80 (NET_BIND_SERVICE). Left out of Docker's defaults are raw sockets, device nodes, chroot, file capabilities and
 * the audit log.
 */
const CAPABILITIES = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'KILL', 'NET_BIND_SERVICE', 'SETGID', 'SETUID']

/** Where a container stands in the network. */
export interface Place {
  /** Name of its network. */
  name: string
  /** Address of the engine's machine in it; null when it is not known. */
  gateway: string | null
}

/** The container's name: for people only. */
export function containerName(spec: SandboxSpec): string {
  return `${sandboxName('thon', spec.group, spec.username)}-${spec.instanceId.slice(0, 8)}`
}

/** The labels of a person's volume. */
export function volumeLabels(owner: { group: string; username: string }): Record<string, string> {
  return { [LABEL.volume]: '1', [LABEL.group]: owner.group, [LABEL.username]: owner.username }
}

/** Throws EngineRefused unless Docker takes the name for a volume; any other could mean a path of the host or of the API. */
export function assertVolume(volume: string): void {
  if (/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(volume)) return
  throw new EngineRefused(`"${volume}" is no name for a Docker volume: letters, digits and any of . _ - only.`)
}

/** The request that makes a sandbox, volume included: Docker makes one that is missing on the way. */
export function containerOptions(
  spec: SandboxSpec,
  node: string,
  machine: Machine,
  place: Place,
): ContainerCreateOptions {
  return {
    Image: spec.image,
    ...codeServer(spec.port, spec.password),
    Labels: {
      [LABEL.instance]: spec.instanceId,
      [LABEL.node]: node,
      [LABEL.group]: spec.group,
      [LABEL.username]: spec.username,
      [LABEL.port]: String(spec.port),
      [LABEL.volume]: spec.volume,
    },
    HostConfig: hostConfig(spec, machine, place),
  }
}

/** What runs in a container, and the port it listens on. @param password null asks for none */
export function codeServer(port: number, password: string | null): ContainerCreateOptions {
  const auth = password === null ? 'none' : 'password'
  return {
    // Not the image's own, which may wrap or change the command.
    Entrypoint: ['code-server'],
    Cmd: ['--bind-addr', `0.0.0.0:${port}`, '--auth', auth, '--disable-telemetry', '/workspace'],
    Env: password === null ? [] : [`PASSWORD=${password}`],
    ExposedPorts: { [`${port}/tcp`]: {} },
  }
}

/** What no container gets to do, and where its port is published: a free one of this machine, for this machine alone. */
export function confined(port: number): NonNullable<ContainerCreateOptions['HostConfig']> {
  return {
    PortBindings: { [`${port}/tcp`]: [{ HostIp: '127.0.0.1', HostPort: '' }] },
    CapDrop: ['ALL'],
    CapAdd: CAPABILITIES,
    SecurityOpt: ['no-new-privileges'],
    Privileged: false,
  }
}

function hostConfig(
  spec: SandboxSpec,
  machine: Machine,
  { name, gateway }: Place,
): ContainerCreateOptions['HostConfig'] {
  const { memoryBytes, cpus, pids } = spec.limits
  return {
    Mounts: [
      {
        Type: 'volume',
        Source: spec.volume,
        Target: '/workspace',
        VolumeOptions: { NoCopy: false, Labels: volumeLabels(spec), DriverConfig: { Name: '', Options: {} } },
      },
    ],
    NetworkMode: name,
    // The name that Docker Desktop gives the machine, under which sandboxes find Lemonade.
    ...(gateway === null ? {} : { ExtraHosts: [`host.docker.internal:${gateway}`] }),
    ...confined(spec.port),
    // Swap counts as memory, or the limit would only slow the hall's disk down.
    ...(memoryBytes === null ? {} : { Memory: memoryBytes, MemorySwap: memoryBytes }),
    // Docker refuses more than the machine has.
    ...(cpus === null ? {} : { NanoCpus: Math.round(Math.min(cpus, machine.cpus) * 1e9) }),
    ...(pids === null ? {} : { PidsLimit: pids }),
    // Terminals leave orphans behind, which somebody must reap.
    ...(machine.hasInit ? { Init: true } : {}),
    LogConfig: { Type: 'json-file', Config: { 'max-size': '5m', 'max-file': '2' } },
    RestartPolicy: { Name: 'no' },
  }
}

/** Whether labels are those of a sandbox of this node; one without a node is everybody's. */
export function isOurs(labels: Record<string, string> | undefined, node: string): boolean {
  if (!labels?.[LABEL.instance]) return false
  return labels[LABEL.node] === undefined || labels[LABEL.node] === node
}

/** A container of ours as the port knows it. */
export function toSandbox(info: ContainerInspectInfo): Sandbox {
  const { Labels: labels, Env: env } = info.Config
  const status = toStatus(info.State.Status)
  const port = Number(labels[LABEL.port]) || 0
  const password = env?.find((entry) => entry.startsWith('PASSWORD='))
  const published = info.NetworkSettings.Ports?.[`${port}/tcp`]?.[0]?.HostPort
  const started = new Date(info.State.StartedAt)
  return {
    ref: info.Id,
    instanceId: labels[LABEL.instance] ?? '',
    group: labels[LABEL.group] ?? '',
    username: labels[LABEL.username] ?? '',
    image: info.Config.Image,
    volume: labels[LABEL.volume] ?? '',
    port,
    password: password === undefined ? null : password.slice('PASSWORD='.length),
    status,
    hostPort: status === 'running' || status === 'paused' ? Number(published) || null : null,
    exitCode: status === 'exited' ? info.State.ExitCode : null,
    outOfMemory: status === 'exited' && info.State.OOMKilled,
    // Docker writes the year 1 for never.
    startedAt: started.getTime() > 0 ? started : null,
  }
}

function toStatus(status: string): SandboxStatus {
  if (status === 'created' || status === 'running' || status === 'paused') return status
  // Those left are exited, dead, removing and (never with our policy) restarting: none of them runs.
  return 'exited'
}
