import { createHash } from 'node:crypto'
import { slug } from '../../core/names.ts'

/** What names of networks and rules of one THON server contain, so that servers do not confuse them. */
export function nodeMark(node: string): string {
  return createHash('sha256').update(node).digest('hex').slice(0, 6)
}

/** What the names of all bridges of this server start with, on the machine that Docker runs on. */
export function bridgePrefix(node: string): string {
  return `th${nodeMark(node)}-`
}

/** The bridge of a group's network. Firewall rules match packets by it; Linux allows 15 characters. */
export function bridgeOf(node: string, group: string): string {
  return (
    bridgePrefix(node) +
    BigInt(`0x${hashOf(group)}`)
      .toString(36)
      .padStart(6, '0')
      .slice(-6)
  )
}

/** The name of a group's network in Docker, readable and different for every group. */
export function networkName(node: string, group: string): string {
  return `thon-${nodeMark(node)}-${slug(group)}-${hashOf(group).slice(0, 10)}`
}

function hashOf(group: string): string {
  return createHash('sha256').update(group).digest('hex')
}
