import type { Command } from 'commander'
import { CommandError, UsageError, type Backend } from './backend.ts'
import { allGroups } from './groups.ts'
import { activeInstances, waitUntilSettled } from './instances.ts'
import { command, EXIT, print, withBackend, type CommonOptions, type Variables } from './shell.ts'

interface StopOptions extends CommonOptions {
  group?: string
  all?: true
}

interface KillResult {
  id: string
  error: { message: string } | null
}

/** How many ids one mutation takes. */
const BATCH = 2_000

/** `thon stop`: stops sandboxes; their files stay. Exits with 1 when one could not be stopped. */
export function stopCommand(variables: Variables): Command {
  return command('stop', 'stop sandboxes; their files stay')
    .option('--group <name>', 'the sandboxes of one group')
    .option('--all', 'all sandboxes')
    .action(async (options: StopOptions) => {
      if ((options.group === undefined) === (options.all === undefined))
        throw new UsageError('Choose which sandboxes to stop: --group NAME, or --all.')
      await withBackend(variables, options, (backend) => stop(backend, options))
    })
}

async function stop(backend: Backend, options: StopOptions): Promise<void> {
  const active = await activeInstances(backend, options.group ?? null)
  if (active.length === 0 && options.group !== undefined) await assertGroup(backend, options.group)
  const ids = active.map(({ id }) => id)
  const results: KillResult[] = []
  for (let at = 0; at < ids.length; at += BATCH) {
    const { killInstances } = await backend.ask<{ killInstances: KillResult[] }>(
      'mutation ($ids: [ID!]!) { killInstances(input: { ids: $ids }) { id error { message } } }',
      { ids: ids.slice(at, at + BATCH) },
    )
    results.push(...killInstances)
  }
  const refused = results.filter(({ error }) => error !== null)
  const stopping = active.filter(({ id }) => refused.every((one) => one.id !== id))
  await waitUntilSettled(backend, stopping, 'Stopping', 'Stopped')
  const left = (await activeInstances(backend, options.group ?? null)).filter(({ id }) => ids.includes(id))
  const value = {
    ended: ids.length - left.length,
    left: left.map(({ id, group, username }) => {
      const reason = refused.find((one) => one.id === id)?.error?.message ?? null
      return { id, group, username, reason }
    }),
  }
  print(options, value, () =>
    [
      ids.length === 0 ? 'No sandbox is running.' : `Stopped ${value.ended} of ${ids.length}. Files are kept.`,
      ...value.left.map(({ group, username, reason }) =>
        `${group}/${username} is still running. ${reason ?? ''}`.trim(),
      ),
    ].join('\n'),
  )
  if (left.length > 0) process.exitCode = EXIT.failed
}

/** @throws CommandError when the group does not exist: a mistyped name should not look like success */
async function assertGroup(backend: Backend, name: string): Promise<void> {
  const groups = await allGroups(backend)
  if (groups.every((group) => group.name !== name))
    throw new CommandError(`There is no group named ${name}.`, 'NOT_FOUND')
}
