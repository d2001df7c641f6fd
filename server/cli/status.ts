import type { Command } from 'commander'
import type { Backend } from './backend.ts'
import { activeRows, allGroups } from './running.ts'
import { command, EXIT, print, table, withBackend, type Common, type Variables } from './shell.ts'

interface Facts {
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

const FACTS = '{ engine { kind connected message starting waiting image version } }'

/** `thon status`: what runs. Ends with 1 while there is no engine. */
export function statusCommand(variables: Variables): Command {
  return command('status', 'what runs: the server, the engine, and everybody’s sandboxes').action((options: Common) =>
    withBackend(variables, options, (backend) => status(backend, options)),
  )
}

async function status(backend: Backend, options: Common): Promise<void> {
  const { engine } = await backend.ask<Facts>(FACTS)
  const groups = await allGroups(backend)
  const rows = await activeRows(backend, null)
  const others = [...new Set(rows.map(({ group }) => group))].filter((name) => groups.every((one) => one.name !== name))
  const all = [...groups, ...others.map((name) => ({ name, userCount: 0 }))]
  const perGroup = all.map(({ name, userCount }) => {
    const theirs = rows.filter(({ group }) => group === name)
    const count = (state: string) => theirs.filter((row) => row.state === state).length
    const [running, paused] = [count('RUNNING'), count('PAUSED')]
    return { group: name, users: userCount, running, paused, moving: theirs.length - running - paused }
  })
  print(options, { server: backend.url, engine, groups: perGroup }, () =>
    [
      `Server   ${backend.url ?? 'does not run; this is what the database says'}`,
      `Engine   ${engine.connected ? `${engine.kind} ${engine.version ?? ''}`.trim() : `${engine.kind}, away: ${engine.message}`}`,
      `Image    ${engine.image}`,
      ...(engine.waiting > 0 ? [`Starts   ${engine.starting} under way, ${engine.waiting} waiting`] : []),
      '',
      table(
        ['GROUP', 'USERS', 'RUNNING', 'PAUSED', 'ON THE WAY'],
        perGroup.map((one) => [one.group, one.users, one.running, one.paused, one.moving]),
      ),
    ].join('\n'),
  )
  if (!engine.connected) process.exitCode = EXIT.failed
}
