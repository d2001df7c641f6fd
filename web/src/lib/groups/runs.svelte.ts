import { toast } from 'svelte-sonner'
import { SvelteMap } from 'svelte/reactivity'
import { mutate } from '#lib/graphql/mutate.ts'
import type { InstanceState, StartUserMutation } from '#lib/graphql/generated/graphql.ts'
import { StartGroup, StartUser } from './mutations.ts'
import type { ListedGroup, ListedUser } from './types.ts'

/** What this tab knows of a "Start all" in addition to the states of instances. */
export interface Run {
  /** The server has not answered yet. */
  asking: boolean
  /** Why users were skipped, by their ids. */
  skipped: ReadonlyMap<string, string>
}

const none: ReadonlyMap<string, string> = new Map()

/** The starts of whole groups, kept while the tab is open: progress survives a visit to another page. */
class Runs {
  readonly #runs = new SvelteMap<string, Run>()

  of(groupId: string): Run | undefined {
    return this.#runs.get(groupId)
  }

  /** Starts every user of a group. Frames of instances show the progress. */
  async startAll({ id }: ListedGroup): Promise<void> {
    this.#runs.set(id, { asking: true, skipped: none })
    const { data } = await mutate(StartGroup, { input: { id } })
    if (!data) return this.dismiss(id)
    this.#finish(id, data.startGroup.map(skipOf))
  }

  /** Starts the users whose instance failed. */
  async retry({ id, users }: ListedGroup): Promise<void> {
    const failed = users.filter(({ instance }) => instance?.state === 'FAILED')
    this.#runs.set(id, { asking: true, skipped: none })
    const results = await Promise.all(failed.map((user) => mutate(StartUser, { input: { id: user.id } })))
    this.#finish(
      id,
      results.flatMap(({ data }) => (data ? [skipOf(data.startUser)] : [])),
    )
  }

  /** Hides the summary. */
  dismiss(groupId: string): void {
    this.#runs.delete(groupId)
  }

  #finish(id: string, results: [string, string | null][]): void {
    const skipped = results.filter((result): result is [string, string] => result[1] !== null)
    this.#runs.set(id, { asking: false, skipped: new Map(skipped) })
  }
}

/** A user's id and why they were skipped, without the name, which stands next to it. */
function skipOf({ user, error }: StartUserMutation['startUser']): [string, string | null] {
  return [user.id, error && (error.code === 'CONFLICT' ? conflictOf(user.instance?.state) : error.message)]
}

/** Why a user with an active sandbox is not started, to be read after the name. */
function conflictOf(state: InstanceState | undefined): string {
  if (state === 'RUNNING') return 'already has a running sandbox'
  if (state === 'PAUSED') return 'has a paused sandbox; resume it instead'
  return state === 'PENDING' ? 'is already starting' : 'has a sandbox that has not stopped yet'
}

/** One for the tab. */
export const runs = new Runs()

/** Starts one user. A toast says so when the user has an active sandbox already. */
export async function startUser({ id, username }: ListedUser): Promise<void> {
  const { data } = await mutate(StartUser, { input: { id } })
  if (!data) return
  const { error, user } = data.startUser
  if (error?.code === 'CONFLICT') toast.warning(`${username} ${conflictOf(user.instance?.state)}`)
  else if (error) toast.warning(`${username} was not started`, { description: error.message })
}
