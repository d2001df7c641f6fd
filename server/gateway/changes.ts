import { Channel, type Change, type Ready } from '../core/events.ts'
import type { Snapshot } from '../upstream/polled-resource.ts'
import type { ConsumerRow, GatewaySnapshot } from './model.ts'

/**
 * What changes about consumers, whoever changes it: successive lists, compared. One READY first.
 * @param frames as they are watched; ended with the channel
 */
export function consumerChanges(
  frames: AsyncIterableIterator<Snapshot<GatewaySnapshot | null>>,
): Channel<Change<ConsumerRow> | Ready> {
  const channel = new Channel<Change<ConsumerRow> | Ready>(() => void frames.return?.())
  channel.push({ kind: 'READY', id: null, row: null })
  void (async () => {
    let before: Map<string, ConsumerRow> | null = null
    for await (const { value } of frames) {
      const now = new Map((value?.rows ?? []).map((row) => [row.username, row]))
      if (before) for (const change of between(before, now)) channel.push(change)
      before = now
    }
    channel.end()
  })()
  return channel
}

function* between(before: Map<string, ConsumerRow>, now: Map<string, ConsumerRow>): Generator<Change<ConsumerRow>> {
  for (const [id, row] of now) {
    const old = before.get(id)
    if (!old) yield { kind: 'ADDED', id, row }
    else if (JSON.stringify(old) !== JSON.stringify(row)) yield { kind: 'UPDATED', id, row }
  }
  for (const [id, row] of before) if (!now.has(id)) yield { kind: 'REMOVED', id, row }
}
