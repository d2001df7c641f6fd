import type { Client } from '@urql/svelte'
import { follow } from '#lib/graphql/follow.ts'
import { touch } from '#lib/graphql/live.svelte.ts'
import { ConsumerChanged, GatewayJobChanged, GatewayStatusChanged } from './documents.ts'

/**
 * Follows the gateway while its page is open; the server polls it only while someone does.
 * @returns the function that stops
 */
export function watchGateway(client: Client): () => void {
  const stops = [
    follow(client, GatewayStatusChanged, () => touch('gateway')),
    follow(client, ConsumerChanged, () => touch('consumers')),
    follow(client, GatewayJobChanged, () => touch('gatewayJob')),
  ]
  return () => stops.forEach((stop) => stop())
}
