import { toast } from 'svelte-sonner'
import { mutate } from '#lib/graphql/mutate.ts'
import { tabClient } from '#lib/graphql/client.ts'
import { problemOf } from '#lib/graphql/errors.ts'
import type { CreateConsumerMutation } from '#lib/graphql/generated/graphql.ts'
import { touch } from '#lib/graphql/live.svelte.ts'
import type { BulkResult } from '#lib/ui/BulkResults.svelte'
import { ConsumerNamesQuery, DeleteConsumers, RevealConsumerKey, RotateConsumerKey } from './documents.ts'
import { counted } from './messages.ts'

/** A key that was just made. */
export type MadeKey = CreateConsumerMutation['createConsumer']

/** As many names as one answer of the server has, and one mutation takes. */
const MOST = 1_000

/** What is asked of people before consumers are touched, and what became of it. */
export class ConsumerActions {
  /** Names that somebody wants to delete. */
  deleting = $state.raw<readonly string[] | null>(null)
  /** Name whose key somebody wants to be made anew. */
  rotating = $state<string | null>(null)
  /** Shown to whoever had it made. */
  made = $state.raw<MadeKey | null>(null)
  /** What became of the last deletion of several. */
  results = $state.raw<BulkResult[] | null>(null)
  busy = $state(false)

  /** Tells a key, which the activity log notes; null when that was refused. */
  async reveal(username: string): Promise<string | null> {
    const { data } = await mutate(RevealConsumerKey, { username })
    return data?.revealConsumerKey.key ?? null
  }

  /** @returns whether it was done */
  async rotate(username: string): Promise<boolean> {
    const { data } = await mutate(RotateConsumerKey, { username })
    if (data) this.made = data.rotateConsumerKey
    return data !== null
  }

  /** @returns whether it was asked for; what became of each is in `results` unless all went well */
  async remove(usernames: readonly string[]): Promise<boolean> {
    const { data } = await mutate(DeleteConsumers, { usernames: [...usernames] })
    touch('consumers')
    if (!data) return false
    const results = data.deleteConsumers.map(({ username, ok, error }) => ({
      ...{ key: username, label: username, ok },
      ...(error === null ? {} : { message: error }),
    }))
    const done = results.filter(({ ok }) => ok).length
    if (done === results.length) toast.success(`${counted(done, 'consumer')} deleted`)
    else this.results = results
    return true
  }

  /** Asks whether to delete all who have left. */
  async askForLeft(): Promise<void> {
    this.busy = true
    const { data, error } = await tabClient()
      .query(
        ConsumerNamesQuery,
        { standing: 'LEFT', page: { number: 1, size: MOST } },
        { requestPolicy: 'network-only' },
      )
      .toPromise()
    this.busy = false
    if (error) toast.error(problemOf(error).title, { description: problemOf(error).message })
    else this.deleting = data?.consumers.items.map(({ username }) => username) ?? null
  }
}
