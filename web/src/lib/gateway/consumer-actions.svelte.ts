import { toast } from 'svelte-sonner'
import { mutate } from '#lib/graphql/mutate.ts'
import { tabClient } from '#lib/graphql/client.ts'
import { problemOf } from '#lib/graphql/errors.ts'
import type { CreateConsumerMutation } from '#lib/graphql/generated/graphql.ts'
import { touch } from '#lib/graphql/live.svelte.ts'
import type { BulkResult } from '#lib/ui/BulkResults.svelte'
import { counted } from '#lib/ui/words.ts'
import { ConsumerNamesQuery, DeleteConsumers, RevealConsumerKey, RotateConsumerKey } from './documents.ts'

/** A key that was just created. */
export type CreatedKey = CreateConsumerMutation['createConsumer']

/** Names in one answer of the server and in one mutation. */
const MAX_NAMES = 1_000

/** Actions on consumers, and the dialogs and results that go with them. */
export class ConsumerActions {
  /** Names to delete, while the dialog asks for confirmation. */
  deleting = $state.raw<readonly string[] | null>(null)
  /** Name to rotate the key of, while the dialog asks for confirmation. */
  rotating = $state<string | null>(null)
  /** A new key, while the dialog shows it. */
  created = $state.raw<CreatedKey | null>(null)
  /** Results of the last bulk deletion, when some failed. */
  results = $state.raw<BulkResult[] | null>(null)
  busy = $state(false)

  /** The key, which the activity log records; null when it cannot be shown. */
  async reveal(username: string): Promise<string | null> {
    const { data } = await mutate(RevealConsumerKey, { input: { username } })
    return data?.revealConsumerKey.key ?? null
  }

  /** @returns whether the key was replaced */
  async rotate(username: string): Promise<boolean> {
    const { data } = await mutate(RotateConsumerKey, { input: { username } })
    if (data) this.created = data.rotateConsumerKey
    return data !== null
  }

  /** @returns whether the server took the request; `results` has one entry each if some failed */
  async remove(usernames: readonly string[]): Promise<boolean> {
    const { data } = await mutate(DeleteConsumers, { input: { usernames: [...usernames] } })
    touch('consumers')
    if (!data) return false
    const results = data.deleteConsumers.map(({ username, error }) => ({
      ...{ key: username, label: username, ok: error === null },
      ...(error && { message: error.message }),
    }))
    const done = results.filter(({ ok }) => ok).length
    if (done === results.length) toast.success(`${counted(done, 'consumer')} deleted`)
    else this.results = results
    return true
  }

  /** Opens the dialog to delete all orphaned consumers. */
  async confirmOrphaned(): Promise<void> {
    this.busy = true
    const { data, error } = await tabClient()
      .query(
        ConsumerNamesQuery,
        { status: 'ORPHANED', page: { number: 1, size: MAX_NAMES } },
        { requestPolicy: 'network-only' },
      )
      .toPromise()
    this.busy = false
    if (error) toast.error(problemOf(error).title, { description: problemOf(error).message })
    else this.deleting = data?.consumers.items.map(({ username }) => username) ?? null
  }
}
