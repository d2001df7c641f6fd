import type { Client } from '@urql/svelte'
import { follow } from '#lib/graphql/follow.ts'
import { touch } from '#lib/graphql/live.svelte.ts'
import { ConsumerChanged, GatewayRunChanged, GatewayStatusChanged } from './documents.ts'

/**
 * Watches the gateway while its page is open; the server asks it only while somebody does.
 * @returns the function that stops
 */
export function watchGateway(client: Client): () => void {
  const stops = [
    follow(client, GatewayStatusChanged, () => touch('gateway')),
    follow(client, ConsumerChanged, () => touch('consumers')),
    follow(client, GatewayRunChanged, () => touch('gatewayRun')),
  ]
  return () => stops.forEach((stop) => stop())
}
