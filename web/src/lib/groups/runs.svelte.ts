import { toast } from 'svelte-sonner'
import { SvelteMap } from 'svelte/reactivity'
import { mutate } from '#lib/graphql/mutate.ts'
import type { StartUserMutation } from '#lib/graphql/generated/graphql.ts'
import { StartGroup, StartUser } from './mutations.ts'
import type { ListedGroup, ListedUser } from './types.ts'

/** What this tab knows of a "Start all" beyond what the instances themselves say. */
export interface Run {
  /** The question is on its way. */
  asking: boolean
  /** Why somebody was skipped, by user. */
  skipped: ReadonlyMap<string, string>
}

const none: ReadonlyMap<string, string> = new Map()

/** The starts of whole groups, for as long as the tab lives: progress is still there after a look at another page. */
class Runs {
  readonly #runs = new SvelteMap<string, Run>()

  of(groupId: string): Run | undefined {
    return this.#runs.get(groupId)
  }

  /** Starts everybody at once. Instances tell the rest by themselves. */
  async startAll({ id, name }: ListedGroup): Promise<void> {
    this.#runs.set(id, { asking: true, skipped: none })
    const { data } = await mutate(StartGroup, { id })
    if (!data) return this.dismiss(id)
    this.#finish(
      id,
      data.startGroup.map((result) => skipOf(name, result)),
    )
  }

  /** Starts those again whose instance failed, and nobody else. */
  async retry({ id, name, users }: ListedGroup): Promise<void> {
    const failed = users.filter(({ instance }) => instance?.state === 'FAILED')
    this.#runs.set(id, { asking: true, skipped: none })
    const results = await Promise.all(failed.map((user) => mutate(StartUser, { id: user.id })))
    this.#finish(
      id,
      results.flatMap(({ data }) => (data ? [skipOf(name, data.startUser)] : [])),
    )
  }

  /** Its summary was read. */
  dismiss(groupId: string): void {
    this.#runs.delete(groupId)
  }

  #finish(id: string, results: [string, string | null][]): void {
    const skipped = results.filter((result): result is [string, string] => result[1] !== null)
    this.#runs.set(id, { asking: false, skipped: new Map(skipped) })
  }
}

/** Why a user was skipped, without the name, which is beside it. */
function skipOf(group: string, { user, warning }: StartUserMutation['startUser']): [string, string | null] {
  return [user.id, warning?.replace(`User ${group}/${user.username} `, '') ?? null]
}

/** The tab's. */
export const runs = new Runs()

/** Starts one user; who has an active instance already is told so. */
export async function startUser({ id, username }: ListedUser): Promise<void> {
  const { data } = await mutate(StartUser, { id })
  if (data?.startUser.warning) toast.warning(`${username} was not started`, { description: data.startUser.warning })
}
