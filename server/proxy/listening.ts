import type { ProcessUser } from './user.ts'

/** Where and as whom the proxy listens. */
export interface Listening {
  /** Address to listen on. */
  host: string
  /** Ports that serve THON and the host names of sandboxes; 0 picks a free one. */
  ports: readonly number[]
  /** Port where paths tell sandboxes apart; null when that is off. */
  pathPort: number | null
  /** Whether every port serves HTTPS. */
  tls: boolean
  /** User and group that it becomes once it has the ports; null keeps those of THON. */
  user: ProcessUser | null
}

/** The URLs of ports, as people on this machine reach them. */
export function urlsOf({ host, tls }: Pick<Listening, 'host' | 'tls'>, ports: readonly number[]): string[] {
  const shown = host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host
  return ports.map((port) => `${tls ? 'https' : 'http'}://${shown}:${port}`)
}

/** Why a port cannot be listened on, and what to do about it. */
export function listenError(error: NodeJS.ErrnoException, host: string, port: number): string {
  if (error.code === 'EADDRINUSE')
    return `Port ${port} of ${host} is used by another program. Stop it, or choose other ports with THON_PORTS.`
  if (error.code === 'EACCES') return `Only root may use port ${port}. Choose a port from 1024 up with THON_PORTS.`
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND')
    return `DASHBOARD_HOST ${host} is not an address of this machine.`
  return `Cannot listen on ${host}:${port}: ${error.message}`
}
