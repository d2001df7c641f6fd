import { fireEvent, render, screen } from '@testing-library/svelte'
import { flushSync } from 'svelte'
import { beforeEach, expect, test, vi } from 'vitest'
import { connection } from '#lib/graphql/connection.svelte.ts'
import type { EngineStateFragment } from '#lib/graphql/generated/graphql.ts'
import ConnectionBanner from './ConnectionBanner.svelte'
import EngineBanners from './EngineBanners.svelte'
import QueueChip from './QueueChip.svelte'

const engine = (over: Partial<EngineStateFragment> = {}) =>
  ({ connected: true, since: new Date().toISOString(), message: '', notices: [], ...over }) as EngineStateFragment
const offline = () =>
  engine({ connected: false, message: 'Docker at unix:///var/run/docker.sock is not running.', notices: ['A notice.'] })

beforeEach(() => {
  sessionStorage.clear()
})

test('while the engine is offline, organizers read for how long and why', () => {
  vi.useFakeTimers()
  const since = new Date(Date.now() - 30_000).toISOString()
  render(EngineBanners, { engine: { ...offline(), since }, isOrganizer: true })
  const text = screen.getByRole('alert').textContent ?? ''
  expect(text).toContain('offline for 30 s')
  expect(text).toContain('docker.sock')
})

test('participants read one sentence, and nothing of the engine', () => {
  const { container } = render(EngineBanners, { engine: offline(), isOrganizer: false })
  expect(container.textContent?.replace(/\s+/g, ' ').trim()).toBe(
    'Sandboxes can’t be started or stopped right now. VS Code keeps working.',
  )
})

test('a notice that was read stays away for the tab', async () => {
  const { unmount } = render(EngineBanners, { engine: engine({ notices: ['Old.', 'New.'] }), isOrganizer: true })
  await fireEvent.click(screen.getAllByRole('button', { name: 'Dismiss' })[0] ?? document.body)
  unmount()
  const { container } = render(EngineBanners, { engine: engine({ notices: ['Old.', 'New.'] }), isOrganizer: true })
  flushSync()
  expect(container.textContent).toContain('New.')
  expect(container.textContent).not.toContain('Old.')
})

test('a connection that comes back soon is not mentioned; a longer loss is, with the age of the data', () => {
  vi.useFakeTimers()
  connection.connected()
  render(ConnectionBanner)
  vi.advanceTimersByTime(1_000)
  connection.lost()
  flushSync()
  expect(screen.queryByRole('alert')).toBeNull()
  vi.advanceTimersByTime(7_000)
  flushSync()
  expect(screen.getByRole('alert').textContent).toMatch(/Last updated 8 s ago\. Reconnecting…/)
  connection.connected()
  flushSync()
  expect(screen.queryByRole('alert')).toBeNull()
})

test('the queue chip tells how many start and how many are in line, and goes when nothing does', async () => {
  const { rerender } = render(QueueChip, { starting: 10, waiting: 7 })
  expect(screen.getByRole('status').textContent).toContain('10 starting, 7 in line')
  await rerender({ starting: 2, waiting: 0 })
  expect(screen.getByRole('status').textContent).not.toContain('in line')
  await rerender({ starting: 0, waiting: 0 })
  expect(screen.queryByRole('status')).toBeNull()
})
