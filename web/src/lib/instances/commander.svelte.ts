import { toast } from 'svelte-sonner'
import { SvelteSet } from 'svelte/reactivity'
import { page } from '$app/state'
import { mutate } from '#lib/graphql/mutate.ts'
import type { InstanceCommand, InstanceRowFragment } from '#lib/graphql/generated/graphql.ts'
import type { BulkResult } from '#lib/ui/BulkResults.svelte'
import { UpdateSandboxFiles } from '#lib/settings/documents.ts'
import { setParams } from '#lib/ui/url-state.ts'
import { bulk, labelOf, simple, type BulkCommand, type SimpleCommand } from './commands.ts'
import { DeleteWorkspace, RecreateInstance, RenewInstance } from './mutations.ts'

type Row = InstanceRowFragment

/** What is asked before something is done. */
export type Asking =
  { what: 'kill' | 'recreate' | 'renew' | 'workspace'; row: Row } | { what: 'killAll'; rows: readonly Row[] }

/** What became of a bulk command. */
export interface BulkOutcome {
  done: string
  rows: BulkResult[]
}

/** Sends commands, and knows what is asked before, what is under way and what came of it. One for the page. */
export class Commander {
  /** The question that is open. */
  asking = $state.raw<Asking | null>(null)
  /** Of the last bulk command, until it was read. */
  outcome = $state.raw<BulkOutcome | null>(null)
  /** The bulk command under way. */
  bulkBusy = $state<BulkCommand | null>(null)

  readonly #busy = new SvelteSet<string>()

  /** Whether a command for this instance is on its way. */
  isBusy(id: string): boolean {
    return this.#busy.has(id)
  }

  /** Does it, or asks first where something may be lost or has to be said. */
  start(command: InstanceCommand, row: Row): void {
    if (command === 'KILL') this.asking = { what: 'kill', row }
    else if (command === 'RENEW') this.asking = { what: 'renew', row }
    else if (command !== 'RECREATE') void this.send(command, row)
    else if (row.endedAt) void this.recreate(row)
    else this.asking = { what: 'recreate', row }
  }

  /** @returns whether it was taken on */
  send(command: SimpleCommand, row: Row): Promise<boolean> {
    return this.#during(row, async () => (await mutate(simple[command], { id: row.id })).problem === null)
  }

  /** Gives it the configuration files as they are stored now. */
  giveFiles(row: Row): Promise<boolean> {
    return this.#during(row, async () => {
      const { data } = await mutate(UpdateSandboxFiles, { ids: [row.id] })
      const { error, instance } = data?.updateSandboxFiles[0] ?? {}
      if (error) toast.error(`${labelOf(row)} was given no files`, { description: error.message })
      else if (instance?.notice) toast.warning(`${labelOf(row)} lacks a file`, { description: instance.notice })
      else if (data) toast.success(`${labelOf(row)} has the stored files now`)
      return data !== null && !error
    })
  }

  /** Makes a new instance of it; its open drawer goes along. */
  recreate(row: Row): Promise<boolean> {
    return this.#during(row, async () => {
      const success = `A new sandbox for ${labelOf(row)} starts`
      const { data } = await mutate(RecreateInstance, { id: row.id }, { success })
      if (data && page.url.searchParams.get('id') === row.id) setParams({ id: data.recreateInstance.id })
      return data !== null
    })
  }

  /** @returns why not, for the form that asked */
  async renew(row: Row, timeoutMinutes: number) {
    const { problem } = await mutate(RenewInstance, { id: row.id, timeoutMinutes }, { silent: true })
    if (!problem) toast.success(`${labelOf(row)} was renewed`)
    return problem
  }

  /** @returns whether the files are gone */
  async deleteWorkspace({ volume }: Row): Promise<boolean> {
    const { problem } = await mutate(
      DeleteWorkspace,
      { volume, confirm: volume },
      { success: `Workspace ${volume} was deleted` },
    )
    return problem === null
  }

  /** One command on many; each of them succeeds or is refused by itself. */
  async sendAll(command: BulkCommand, rows: readonly Row[]): Promise<boolean> {
    const { mutation, done } = bulk.find((one) => one.command === command)!
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
