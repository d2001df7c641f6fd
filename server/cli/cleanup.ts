import type { Command } from 'commander'
import { existsSync } from 'node:fs'
import { hostname } from 'node:os'
import { createInterface } from 'node:readline/promises'
import type { Env } from '../config/env.ts'
import { nodeIdIn } from '../db/node-id.ts'
import { DockerRemains, type NodeRemains } from '../engine/docker/remains.ts'
import { describeIptablesError, iptablesRunner, listMarks, removeChains } from '../engine/network/firewall-keeper.ts'
import { nodeMark } from '../engine/network/names.ts'
import { CommandError, UsageError } from './backend.ts'
import { command, envOf, print, table, type CommonOptions, type Variables } from './shell.ts'

interface CleanupOptions extends CommonOptions {
  remove?: string
  volumes?: true
}

/** `this`: of this database. `running`, `stopped`: of another one that exists. `unknown`: its database was not found here. */
type Whose = 'this' | 'running' | 'stopped' | 'unknown'

/** What one THON has left, with the firewall. For chains whose THON left nothing else, `node` is the mark in their names. */
interface Leftover extends NodeRemains {
  whose: Whose
  hasRules: boolean
}

/** `thon cleanup`: lists what THONs have left on Docker and in the firewall, and removes what one of them left. */
export function cleanupCommand(variables: Variables): Command {
  return command('cleanup', 'list what any THON left on this machine, and remove it')
    .option('--remove <id>', 'remove what the THON with this id left: containers, networks and firewall rules')
    .option('--volumes', 'also the volumes with the files of its participants; needs --remove')
    .action(async (options: CleanupOptions) => {
      if (options.volumes && options.remove === undefined)
        throw new UsageError('--volumes needs --remove, so that it is clear whose files to delete.')
      const env = await envOf(variables, options)
      const remains = new DockerRemains(env.docker)
      try {
        const { leftovers, problem } = await survey(remains, env)
        if (options.remove !== undefined) await removeNamed(remains, env, leftovers, options)
        else await list(remains, env, leftovers, problem, options)
      } finally {
        remains.close()
      }
    })
}

/** @returns also why the firewall could not be read; null when it could */
async function survey(remains: DockerRemains, env: Env): Promise<{ leftovers: Leftover[]; problem: string | null }> {
  const own = await nodeIdIn(env.dbPath)
  const found = await remains.list()
  let marks: string[] = []
  let problem: string | null = null
  try {
    marks = await listMarks(iptablesRunner(env.path))
  } catch (error) {
    problem = `Firewall rules could not be read. ${describeIptablesError(error)}`
  }
  const unnamed = marks.filter((mark) => found.every(({ node }) => nodeMark(node) !== mark))
  const leftovers = [
    ...(await Promise.all(
      found.map(async (one) => ({
        ...one,
        whose: await whoseIs(one, own),
        hasRules: marks.includes(nodeMark(one.node)),
      })),
    )),
    ...unnamed.map((mark) => ({
      ...{ node: mark, isLiving: false, database: null, containers: [], volumes: [], networks: [], claims: [] },
      whose: own !== null && nodeMark(own) === mark ? ('this' as const) : ('unknown' as const),
      hasRules: true,
    })),
  ]
  return { leftovers, problem }
}

async function whoseIs({ node, isLiving, database }: NodeRemains, own: string | null): Promise<Whose> {
  if (node === own) return 'this'
  if (isLiving) return 'running'
  const isHere = database !== null && database.host === hostname() && existsSync(database.path)
  return isHere && (await nodeIdIn(database.path)) === node ? 'stopped' : 'unknown'
}

async function list(
  remains: DockerRemains,
  env: Env,
  leftovers: Leftover[],
  problem: string | null,
  options: CleanupOptions,
): Promise<void> {
  print(options, { leftovers: leftovers.map(asJson), problem }, () => [describe(leftovers), problem].join('\n').trim())
  if (options.json || !process.stdin.isTTY || !process.stdout.isTTY) return
  for (const one of leftovers.filter(({ whose }) => whose === 'stopped' || whose === 'unknown')) {
    const prompt = createInterface({ input: process.stdin, output: process.stdout })
    const answer = await prompt.question(`Remove what ${one.node} left, but keep its volumes? [y/N] `)
    prompt.close()
    if (/^y(es)?$/i.test(answer.trim())) console.log(await remove(remains, env, one, false))
  }
}

async function removeNamed(
  remains: DockerRemains,
  env: Env,
  leftovers: Leftover[],
  options: CleanupOptions,
): Promise<void> {
  const one = leftovers.find(({ node }) => node === options.remove)
  if (!one)
    throw new CommandError(`Nothing carries the id ${options.remove}. Run thon cleanup for a list.`, 'NOT_FOUND')
  if (one.whose === 'this')
    throw new CommandError('That is the THON of this database. Stop its sandboxes with thon stop --all.', 'CONFLICT')
  if (one.whose === 'running')
    throw new CommandError(
      `The THON ${one.node} is running, with the database ${one.database?.path ?? ''} on ${one.database?.host ?? ''}. Stop it first.`,
      'CONFLICT',
    )
  const text = await remove(remains, env, one, options.volumes === true)
  print(options, { removed: asJson(one), volumesKept: options.volumes ? [] : one.volumes }, () => text)
}

async function remove(remains: DockerRemains, env: Env, one: Leftover, withVolumes: boolean): Promise<string> {
  await remains.remove(one, withVolumes)
  if (one.hasRules) await removeChains(iptablesRunner(env.path), isId(one.node) ? nodeMark(one.node) : one.node)
  const kept = withVolumes || one.volumes.length === 0 ? '' : ` Kept ${one.volumes.length} volumes with files.`
  return `Removed what ${one.node} left: ${counts(one)}.${kept}`
}

/** Whether it is the id of a THON. A mark, the only trace of some, is shorter. */
function isId(node: string): boolean {
  return node.length > 6
}

function counts({ containers, networks, hasRules }: Leftover): string {
  const rules = hasRules ? ', firewall rules' : ''
  return `containers ${containers.length}, networks ${networks.length}${rules}`
}

function asJson({ node, whose, database, containers, volumes, networks, hasRules }: Leftover) {
  return {
    ...{ node, whose, database: database?.path ?? null, host: database?.host ?? null },
    containers: containers.map(({ name, isRunning }) => ({ name, running: isRunning })),
    ...{ volumes, networks: networks.map(({ name }) => name), firewall: hasRules },
  }
}

const WHOSE: Record<Whose, string> = {
  this: 'this THON',
  running: 'running',
  stopped: 'stopped',
  unknown: 'not found here',
}

function describe(leftovers: Leftover[]): string {
  if (leftovers.length === 0) return 'No THON has left anything on this machine.'
  return table(
    ['ID', 'THON', 'DATABASE', 'CONTAINERS', 'RUNNING', 'VOLUMES', 'NETWORKS', 'FIREWALL'],
    leftovers.map(({ node, whose, database, containers, volumes, networks, hasRules }) => [
      ...[node, WHOSE[whose], database && `${database.path} on ${database.host}`, containers.length],
      containers.filter(({ isRunning }) => isRunning).length,
      ...[volumes.length, networks.length, hasRules ? 'rules' : null],
    ]),
  )
}
