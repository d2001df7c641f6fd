import { gql, type Client } from '@urql/core'
import { toast } from 'svelte-sonner'
import { beforeEach, expect, test, vi } from 'vitest'
import { FakeServer, settled } from '../../testing/fake-server.ts'
import { mutate, shownRecently, type Feedback } from './mutate.ts'

const tab = vi.hoisted(() => ({ client: null as unknown as Client }))
vi.mock('./client.ts', () => ({ tabClient: () => tab.client }))
vi.mock('svelte-sonner', () => ({ toast: { success: vi.fn(), error: vi.fn() } }))

const Start = gql`
  mutation Start {
    start {
      id
    }
  }
`
let server: FakeServer

beforeEach(() => {
  server = new FakeServer()
  tab.client = server.client([])
})

async function run(feedback: Feedback | undefined, respond: () => Promise<void>) {
  const outcome = mutate(Start, {}, feedback)
  await settled()
  await respond()
  return outcome
}

test('a success returns the data, and is a toast when the caller has one', async () => {
  const outcome = await run({ success: 'ann starts' }, () => server.last.answer({ start: { id: '1' } }))
  expect(outcome).toMatchObject({ data: { start: { id: '1' } }, problem: null })
  expect(toast.success).toHaveBeenCalledWith('ann starts')
})

test('a refusal is a toast with its title and the words of the server', async () => {
  const outcome = await run(undefined, () => server.last.refuse('CONFLICT', 'ann has a running sandbox.'))
  expect(outcome).toMatchObject({ data: null, problem: { code: 'CONFLICT' } })
  expect(toast.error).toHaveBeenCalledWith('Not possible right now', { description: 'ann has a running sandbox.' })
})

test('a form gets its refusal without a toast', async () => {
  const { problem } = await run({ silent: true }, () => server.last.refuse('INVALID_INPUT'))
  expect(problem?.code).toBe('INVALID_INPUT')
  expect(toast.error).not.toHaveBeenCalled()
})

test('the end of the session shows no toast, because the page has a banner', async () => {
  await run(undefined, () => server.last.refuse('UNAUTHENTICATED'))
  expect(toast.error).not.toHaveBeenCalled()
})

test('a failure that was just shown is known, so that the activity log does not repeat it', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  await run(undefined, () => server.last.refuse('UNAVAILABLE', 'The image is missing.'))
  expect(shownRecently('The image is missing.')).toBe(true)
  expect(shownRecently('Something else.')).toBe(false)
  vi.setSystemTime(Date.now() + 6_000)
  expect(shownRecently('The image is missing.')).toBe(false)
})
