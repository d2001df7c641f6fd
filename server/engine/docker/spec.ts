import type { ContainerCreateOptions, ContainerInspectInfo } from 'dockerode'
import type { DockerHostInfo } from './host.ts'
import { SECCOMP_PROFILE } from './seccomp.ts'
import { sandboxName } from '../../core/names.ts'
import { EngineRefused, type Sandbox, type SandboxSpec, type SandboxStatus } from '../engine.ts'

/** Labels of THON's containers and volumes. Containers are found by their labels, never by name. */
export const LABEL = {
  instance: 'thon.instance',
  node: 'thon.node',
  group: 'thon.group',
  username: 'thon.username',
  port: 'thon.port',
  volume: 'thon.volume',
  claim: 'thon.claim',
} as const

/**
 * What an IDE needs when its image runs as root, or starts as root and steps down: package managers change owners and
 * users (CHOWN, FOWNER, DAC_OVERRIDE, SETUID, SETGID), a terminal stops its children (KILL), and a web server listens on
 * port 80 (NET_BIND_SERVICE). Missing from Docker's defaults are raw sockets, device nodes, chroot, file capabilities and
 * the audit log.
 */
const CAPABILITIES = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'KILL', 'NET_BIND_SERVICE', 'SETGID', 'SETUID']

/** The network that a container joins. */
export interface ContainerNetwork {
  name: string
  /** Address of Docker's machine in it; null when unknown. */
  gateway: string | null
}

/** The container's name, for people only. */
export function containerName(spec: SandboxSpec): string {
  return `${sandboxName('thon', spec.group, spec.username)}-${spec.instanceId.slice(0, 8)}`
}

/** Labels that name the owner of a volume, and the server it belongs to. */
export function volumeLabels(owner: { group: string; username: string }, node: string): Record<string, string> {
  return { [LABEL.volume]: '1', [LABEL.node]: node, [LABEL.group]: owner.group, [LABEL.username]: owner.username }
}

/** @throws EngineRefused unless the name can only mean a volume: others could mean a path of the host or of Docker's API */
export function assertVolume(volume: string): void {
  if (/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(volume)) return
  throw new EngineRefused(
    `"${volume}" is not a valid name for a Docker volume. Use letters, digits, dots, dashes and underscores.`,
  )
}

/** The request that creates a sandbox. Docker also creates its volume when that is missing. */
export function containerOptions(
  spec: SandboxSpec,
  node: string,
  host: DockerHostInfo,
  network: ContainerNetwork,
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
    HostConfig: hostConfig(spec, node, host, network),
  }
}

/** What runs in a container, and the port it listens on. @param password null opens it without one */
export function codeServer(port: number, password: string | null): ContainerCreateOptions {
  const auth = password === null ? 'none' : 'password'
  return {
    // The image's own entrypoint may wrap or change the command.
    Entrypoint: ['code-server'],
    Cmd: ['--bind-addr', `0.0.0.0:${port}`, '--auth', auth, '--disable-telemetry', '/workspace'],
    Env: password === null ? [] : [`PASSWORD=${password}`],
    ExposedPorts: { [`${port}/tcp`]: {} },
  }
}

/**
 * Limits that every container gets, and a published port: a free one that only this machine can reach.
 * @param hasSeccomp whether Docker takes a profile for system calls
 */
export function confinedHostConfig(
  port: number,
  hasSeccomp: boolean,
): NonNullable<ContainerCreateOptions['HostConfig']> {
  return {
    PortBindings: { [`${port}/tcp`]: [{ HostIp: '127.0.0.1', HostPort: '' }] },
    CapDrop: ['ALL'],
    CapAdd: CAPABILITIES,
    SecurityOpt: ['no-new-privileges', ...(hasSeccomp ? [`seccomp=${SECCOMP_PROFILE}`] : [])],
    Privileged: false,
  }
}

function hostConfig(
  spec: SandboxSpec,
  node: string,
  host: DockerHostInfo,
  { name, gateway }: ContainerNetwork,
): ContainerCreateOptions['HostConfig'] {
  const { memoryBytes, cpus, pids } = spec.limits
  return {
    Mounts: [
      {
        Type: 'volume',
        Source: spec.volume,
        Target: '/workspace',
        VolumeOptions: { NoCopy: false, Labels: volumeLabels(spec, node), DriverConfig: { Name: '', Options: {} } },
      },
    ],
    NetworkMode: name,
    // Docker Desktop's name for the machine, under which sandboxes find Lemonade.
    ...(gateway === null ? {} : { ExtraHosts: [`host.docker.internal:${gateway}`] }),
    ...confinedHostConfig(spec.port, host.hasSeccomp),
    // Swap counts as memory; otherwise sandboxes at their limit would swap and slow down everyone's disk.
    ...(memoryBytes === null ? {} : { Memory: memoryBytes, MemorySwap: memoryBytes }),
    // Docker refuses more CPUs than the machine has.
    ...(cpus === null ? {} : { NanoCpus: Math.round(Math.min(cpus, host.cpus) * 1e9) }),
    ...(pids === null ? {} : { PidsLimit: pids }),
    // Terminals leave orphaned processes behind, which an init process has to reap.
    ...(host.hasInit ? { Init: true } : {}),
    LogConfig: { Type: 'json-file', Config: { 'max-size': '5m', 'max-file': '2' } },
    RestartPolicy: { Name: 'no' },
  }
}

/** Whether these labels belong to a sandbox of this node. A sandbox without a node belongs to every node. */
export function isOurs(labels: Record<string, string> | undefined, node: string): boolean {
  if (!labels?.[LABEL.instance]) return false
  return labels[LABEL.node] === undefined || labels[LABEL.node] === node
}

/** A container of THON in the port's words. */
export function toSandbox(info: ContainerInspectInfo): Sandbox {
  const { Labels: labels } = info.Config
  const status = toStatus(info.State.Status)
  const port = Number(labels[LABEL.port]) || 0
  const started = new Date(info.State.StartedAt)
  return {
    ref: info.Id,
    instanceId: labels[LABEL.instance] ?? '',
    group: labels[LABEL.group] ?? '',
    username: labels[LABEL.username] ?? '',
    image: info.Config.Image,
    volume: labels[LABEL.volume] ?? '',
    port,
    password: passwordIn(info.Config.Env),
    status,
    hostPort: status === 'running' || status === 'paused' ? hostPortOf(port, info.NetworkSettings.Ports) : null,
    exitCode: status === 'exited' ? info.State.ExitCode : null,
    outOfMemory: status === 'exited' && info.State.OOMKilled,
    // Docker writes the year 1 for "never".
    startedAt: started.getTime() > 0 ? started : null,
  }
}

// Docker sends null for an empty list or map, although dockerode's types do not say so.

function passwordIn(env: string[] | null): string | null {
  const entry = env?.find((one) => one.startsWith('PASSWORD='))
  return entry === undefined ? null : entry.slice('PASSWORD='.length)
}

function hostPortOf(port: number, published: ContainerInspectInfo['NetworkSettings']['Ports'] | null): number | null {
  return Number(published?.[`${port}/tcp`]?.[0]?.HostPort) || null
}

function toStatus(status: string): SandboxStatus {
  if (status === 'created' || status === 'running' || status === 'paused') return status
  // The rest are exited, dead, removing and (never with our restart policy) restarting: none of them runs.
  return 'exited'
}
