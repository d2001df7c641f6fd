import { toast } from 'svelte-sonner'
import { SvelteSet } from 'svelte/reactivity'
import { page } from '$app/state'
import { mutate } from '#lib/graphql/mutate.ts'
import type { InstanceCommand, InstanceRowFragment } from '#lib/graphql/generated/graphql.ts'
import type { BulkResult } from '#lib/ui/BulkResults.svelte'
import { UpdateInstanceFiles } from '#lib/settings/documents.ts'
import { setParams } from '#lib/ui/url-state.ts'
import { bulk, labelOf, simple, type BulkCommand, type SimpleCommand } from './commands.ts'
import { DeleteWorkspace, RecreateInstance, RenewInstance } from './mutations.ts'

type Row = InstanceRowFragment

/** A question to answer before a command is sent. */
export type Question =
  { what: 'kill' | 'recreate' | 'renew' | 'workspace'; row: Row } | { what: 'killAll'; rows: readonly Row[] }

/** The outcome of a bulk command. */
export interface BulkOutcome {
  done: string
  rows: BulkResult[]
}

/** Sends commands, and holds the open question, the commands under way and the last outcome. One per page. */
export class Commander {
  question = $state.raw<Question | null>(null)
  /** Of the last bulk command, until the person has read it. */
  outcome = $state.raw<BulkOutcome | null>(null)
  bulkBusy = $state<BulkCommand | null>(null)

  readonly #busy = new SvelteSet<string>()

  /** Whether a command for this instance is under way. */
  isBusy(id: string): boolean {
    return this.#busy.has(id)
  }

  /** Sends a command, or asks first if something may be lost or input is needed. */
  start(command: InstanceCommand, row: Row): void {
    if (command === 'KILL') this.question = { what: 'kill', row }
    else if (command === 'RENEW') this.question = { what: 'renew', row }
    else if (command !== 'RECREATE') void this.send(command, row)
    else if (row.endedAt) void this.recreate(row)
    else this.question = { what: 'recreate', row }
  }

  /** @returns whether the server accepted it */
  send(command: SimpleCommand, row: Row): Promise<boolean> {
    return this.#during(row, async () => (await mutate(simple[command], { id: row.id })).problem === null)
  }

  /** Writes the stored configuration files into it. */
  updateFiles(row: Row): Promise<boolean> {
    return this.#during(row, async () => {
      const { data } = await mutate(UpdateInstanceFiles, { ids: [row.id] })
      const { error, instance } = data?.updateInstanceFiles[0] ?? {}
      if (error) toast.error(`Could not update the files of ${labelOf(row)}`, { description: error.message })
      else if (instance?.notice)
        toast.warning(`Updated ${labelOf(row)}, except one file`, { description: instance.notice })
      else if (data) toast.success(`${labelOf(row)} has the stored files`)
      return data !== null && !error
    })
  }

  /** Replaces it with a new instance, which its open drawer then shows. */
  recreate(row: Row): Promise<boolean> {
    return this.#during(row, async () => {
      const success = `Starting a new sandbox for ${labelOf(row)}`
      const { data } = await mutate(RecreateInstance, { id: row.id }, { success })
      if (data && page.url.searchParams.get('id') === row.id) setParams({ id: data.recreateInstance.id })
      return data !== null
    })
  }

  /** @returns the problem, for the form */
  async renew(row: Row, timeoutMinutes: number) {
    const { problem } = await mutate(RenewInstance, { id: row.id, timeoutMinutes }, { silent: true })
    if (!problem) toast.success(`Renewed ${labelOf(row)}`)
    return problem
  }

  /** @returns whether the files are gone */
  async deleteWorkspace({ volume }: Row): Promise<boolean> {
    const { problem } = await mutate(
      DeleteWorkspace,
      { volume, confirm: volume },
      { success: `Deleted the workspace ${volume}` },
    )
    return problem === null
  }

  /** One command for several instances. Each succeeds or is refused by itself. */
  async sendAll(command: BulkCommand, rows: readonly Row[]): Promise<boolean> {
    const { mutation, done } = bulk[command]
    this.outcome = null
    this.bulkBusy = command
    const { data } = await mutate(mutation, { ids: rows.map((row) => row.id) })
    this.bulkBusy = null
    if (!data) return false
    const labels = Object.fromEntries(rows.map((row) => [row.id, labelOf(row)]))
    this.outcome = {
      done,
      rows: data.results.map(({ id, error }) => ({
        key: id,
        label: labels[id] ?? id,
        ok: !error,
        message: error?.message,
      })),
    }
    return true
  }

  async #during<T>(row: Row, work: () => Promise<T>): Promise<T> {
    this.#busy.add(row.id)
    try {
      return await work()
    } finally {
      this.#busy.delete(row.id)
    }
  }
}
