import { expect, test } from 'vitest'
import type { Json } from '../../server/lemonade/client.ts'
import { PullTracker } from '../../server/lemonade/pulls.ts'
import { withSlots } from '../../server/lemonade/model.ts'
import { slotsIn } from '../../server/lemonade/responses.ts'
import { recorded } from '../kit/lemonade.ts'

const [running] = recorded('downloads-running').body as Record<string, Json>[]

function job(more: Record<string, Json>): Json {
  return [{ ...running, ...more }]
}

test('a download has a speed while bytes arrive, and is retrying after ten seconds without', () => {
  const tracker = new PullTracker()
  tracker.read(job({ overall_bytes_downloaded: 0 }), 1_000)
  expect(tracker.read(job({ overall_bytes_downloaded: 5_000_000 }), 2_000)).toMatchObject([
    { state: 'DOWNLOADING', bytesPerSecond: 5_000_000, quietSince: null },
  ])
  expect(tracker.read(job({ overall_bytes_downloaded: 5_000_000 }), 11_999)).toMatchObject([{ state: 'DOWNLOADING' }])
  expect(tracker.read(job({ overall_bytes_downloaded: 5_000_000 }), 12_000)).toMatchObject([
    { state: 'RETRYING', bytesPerSecond: null, quietSince: new Date(2_000) },
  ])
  expect(tracker.read(job({ overall_bytes_downloaded: 6_000_000 }), 13_000)).toMatchObject([{ state: 'DOWNLOADING' }])
})

test.each([
  ['downloads-completed', { state: 'COMPLETED', percent: 100, bytesDone: null, file: null }],
  ['downloads-paused', { state: 'PAUSED', quietSince: null }],
])('%s is read', (name, wanted) => {
  expect(new PullTracker().read(recorded(name).body as Json, 0)).toMatchObject([wanted])
})

test('a job without sizes is read, and anything else is left out', () => {
  expect(() => new PullTracker().read({ error: 'x' }, 0)).toThrow(/^Lemonade returned an unreadable answer/)
  expect(new PullTracker().read([null, { id: 1 }, 'x'], 0)).toEqual([])
  expect(new PullTracker().read(job({ total_download_size: 0, total_files: 3 }), 0)).toMatchObject([
    { percent: null, bytesTotal: null },
  ])
  expect(new PullTracker().read(job({ status: 'error', running: false, error: 'hub' }), 0)).toMatchObject([
    { state: 'FAILED', error: 'hub' },
  ])
})

test.each([
  ['cancelled', 'CANCELED'],
  ['paused', 'PAUSED'],
])('the status %s of a job is %s', (status, state) => {
  expect(new PullTracker().read(job({ status, running: false }), 0)).toMatchObject([{ state }])
})

test('slots are read from arguments and replaced in them', () => {
  expect([slotsIn('-b 1 -np 6'), slotsIn('--parallel=2 -np 3'), slotsIn('--no-parallel 4'), slotsIn('')]).toEqual([
    ...[6, 3, null, null],
  ])
  expect(withSlots('--flash-attn -np 2 --parallel=3 -b 1', 4)).toBe('--flash-attn -b 1 -np 4')
  expect(withSlots('', 2)).toBe('-np 2')
})
