import type { Command } from 'commander'
import type { Backend } from './backend.ts'
import { allGroups } from './groups.ts'
import { activeInstances } from './instances.ts'
import { command, EXIT, print, table, withBackend, type CommonOptions, type Variables } from './shell.ts'

interface StatusData {
  engine: {
    kind: string
    connected: boolean
    message: string | null
    starting: number
    waiting: number
    image: string
    version: string | null
  }
}

const QUERY = '{ engine { kind connected message starting waiting image version } }'

/** `thon status`: what runs. Exits with 1 while the engine is unavailable. */
export function statusCommand(variables: Variables): Command {
  return command('status', 'show the server, the engine, and how many sandboxes run in each group').action(
    (options: CommonOptions) => withBackend(variables, options, (backend) => status(backend, options)),
  )
}

async function status(backend: Backend, options: CommonOptions): Promise<void> {
  const { engine: answer } = await backend.ask<StatusData>(QUERY)
  const groups = await allGroups(backend)
  const engine = { ...answer, kind: answer.kind.toLowerCase() }
  const instances = await activeInstances(backend, null)
  // A deleted group may have instances.
  const deleted = [...new Set(instances.map(({ group }) => group))].filter((name) =>
    groups.every((group) => group.name !== name),
  )
  const all = [...groups, ...deleted.map((name) => ({ name, userCount: 0 }))]
  const counts = all.map(({ name, userCount }) => {
    const theirs = instances.filter(({ group }) => group === name)
    const count = (state: string) => theirs.filter((one) => one.state === state).length
    const [running, paused] = [count('RUNNING'), count('PAUSED')]
    return { group: name, users: userCount, running, paused, moving: theirs.length - running - paused }
  })
  print(options, { server: backend.url, engine, groups: counts }, () =>
    [
      `Server   ${backend.url ?? 'not running; this is what the database contains'}`,
      `Engine   ${engine.connected ? `${engine.kind} ${engine.version ?? ''}`.trim() : `${engine.kind}, unavailable: ${engine.message ?? ''}`}`,
      `Image    ${engine.image}`,
      ...(engine.waiting > 0 ? [`Starts   ${engine.starting} in progress, ${engine.waiting} in line`] : []),
      '',
      table(
        ['GROUP', 'USERS', 'RUNNING', 'PAUSED', 'CHANGING'],
        counts.map((one) => [one.group, one.users, one.running, one.paused, one.moving]),
      ),
    ].join('\n'),
  )
  if (!engine.connected) process.exitCode = EXIT.failed
}
