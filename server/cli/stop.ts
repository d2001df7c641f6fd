import type { Command } from 'commander'
import { Misused, Refused, type Backend } from './backend.ts'
import { settled } from './progress.ts'
import { activeRows, allGroups } from './running.ts'
import { command, EXIT, print, withBackend, type Common, type Variables } from './shell.ts'

interface StopOptions extends Common {
  group?: string
  all?: true
}

interface Result {
  id: string
  error: { message: string } | null
}

/** As many ids as one mutation takes. */
const MOST = 2_000

/** `thon stop`: ends sandboxes; their files stay. Ends with 1 when one could not be ended. */
export function stopCommand(variables: Variables): Command {
  return command('stop', 'end sandboxes; their files stay')
    .option('--group <name>', 'those of one group')
    .option('--all', 'everybody’s')
    .action(async (options: StopOptions) => {
      if ((options.group === undefined) === (options.all === undefined))
        throw new Misused('Say whose: --group NAME, or --all.')
      await withBackend(variables, options, (backend) => stop(backend, options))
    })
}

async function stop(backend: Backend, options: StopOptions): Promise<void> {
  const rows = await activeRows(backend, options.group ?? null)
  if (rows.length === 0 && options.group !== undefined) await assertGroup(backend, options.group)
  const ids = rows.map(({ id }) => id)
  const results: Result[] = []
  for (let at = 0; at < ids.length; at += MOST) {
    const { killInstances } = await backend.ask<{ killInstances: Result[] }>(
      'mutation ($ids: [ID!]!) { killInstances(input: { ids: $ids }) { id error { message } } }',
      { ids: ids.slice(at, at + MOST) },
    )
    results.push(...killInstances)
  }
  const refused = results.filter(({ error }) => error !== null)
  const taken = rows.filter(({ id }) => refused.every((one) => one.id !== id))
  await settled(backend, taken, 'Ending', 'ended')
  const left = (await activeRows(backend, options.group ?? null)).filter(({ id }) => ids.includes(id))
  const value = {
    ended: ids.length - left.length,
    left: left.map(({ id, group, username }) => {
      const reason = refused.find((one) => one.id === id)?.error?.message ?? null
      return { id, group, username, reason }
    }),
  }
  print(options, value, () =>
    [
      ids.length === 0 ? 'Nothing runs.' : `${value.ended} of ${ids.length} ended. Files are kept.`,
      ...value.left.map(({ group, username, reason }) => `${group}/${username} still runs. ${reason ?? ''}`.trim()),
    ].join('\n'),
  )
  if (left.length > 0) process.exitCode = EXIT.failed
}

/** @throws Refused where there is no such group: a name written wrong is not everybody's end */
async function assertGroup(backend: Backend, name: string): Promise<void> {
  const groups = await allGroups(backend)
  if (groups.every((group) => group.name !== name)) throw new Refused(`There is no group ${name}.`, 'NOT_FOUND')
}
