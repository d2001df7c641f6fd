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

/** A user's id and why they were skipped, in a few words for the row. */
function skipOf({ user, error }: StartUserMutation['startUser']): [string, string | null] {
  if (error?.code !== 'CONFLICT') return [user.id, error?.message ?? null]
  return [user.id, activeAs[user.instance?.state ?? 'STOPPING'] ?? 'still stopping']
}

const activeAs: Partial<Record<InstanceState, string>> = {
  PENDING: 'already starting',
  RUNNING: 'already running',
  PAUSING: 'paused',
  PAUSED: 'paused',
}

/** One for the tab. */
export const runs = new Runs()

/** Starts one user. A toast says why not, such as that the user has an active sandbox. */
export async function startUser({ id, username }: ListedUser): Promise<void> {
  const { data } = await mutate(StartUser, { input: { id } })
  if (!data?.startUser.error) return
  const { error, user } = data.startUser
  if (error.code !== 'CONFLICT') toast.warning(`${username} was not started`, { description: error.message })
  else if (user.instance?.state === 'RUNNING') toast.warning(`${username} already has a running sandbox`)
  else toast.warning(`${username} already has a sandbox`, { description: adviceOf(user.instance?.state) })
}

function adviceOf(state: InstanceState | undefined): string {
  if (state === 'PENDING') return 'It is starting.'
  return state === 'PAUSED' || state === 'PAUSING'
    ? 'It is paused. Resume it instead.'
    : 'Try again once it has stopped.'
}
