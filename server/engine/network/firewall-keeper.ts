import { execFile } from 'node:child_process'
import type { Firewall, Hook } from './firewall.ts'

/** Runs one of the two programs with `input` on its standard input. @returns what it prints. @throws when it fails */
export type RunIptables = (program: 'iptables' | 'iptables-restore', args: string[], input?: string) => Promise<string>

const TIMEOUT_MS = 20_000
/** Seconds to wait while another program changes the rules. */
const WAIT = ['-w', '10']
const USER_CHAIN = 'DOCKER-USER'

/** The programs of this machine. @param path where to look for them, besides the folders of administrators */
export function iptablesRunner(path: string): RunIptables {
  const options = { timeout: TIMEOUT_MS, env: { PATH: `${path}:/usr/sbin:/sbin`, LC_ALL: 'C' }, maxBuffer: 64 << 20 }
  return (program, args, input = '') =>
    new Promise((resolve, reject) => {
      const child = execFile(program, args, options, (error, stdout, stderr) => {
        if (error) reject(Object.assign(error as Error, { stderr }))
        else resolve(stdout)
      })
      // The program may exit without reading its input.
      child.stdin?.on('error', () => undefined).end(input)
    })
}

/** Keeps rules in force: sets them when they are missing or changed, and otherwise touches nothing. */
export class FirewallKeeper {
  readonly #run: RunIptables
  /** The rules that were set last, and how iptables lists them, which depends on its version. */
  #current: { chains: string; listed: string } | null = null

  constructor(run: RunIptables) {
    this.#run = run
  }

  /** Whether these rules are the ones that were set last. */
  isCurrent(firewall: Firewall): boolean {
    return this.#current?.chains === firewall.chains
  }

  /**
   * Sets the rules unless they are in force.
   * @returns whether anything had to be done
   * @throws what the programs fail with; see `describeIptablesError`
   */
  async enforce(firewall: Firewall): Promise<boolean> {
    const before = await this.#list()
    if (
      this.isCurrent(firewall) &&
      this.#current?.listed === listedRules(before, firewall) &&
      hasLiveHooks(before, firewall)
    )
      return false
    await this.#ensureUserChain(before)
    await this.#run('iptables-restore', [...WAIT, '--noflush'], restoreText(firewall, before))
    const after = await this.#list()
    this.#current = { chains: firewall.chains, listed: listedRules(after, firewall) }
    if (hasLiveHooks(after, firewall)) return true
    this.#current = null
    throw new Error('other rules come before them')
  }

  async #list(): Promise<string[]> {
    return (await this.#run('iptables', [...WAIT, '-S'])).split('\n')
  }

  /** Docker creates this chain when it starts, and keeps an existing one, so the rules can be set before Docker runs. */
  async #ensureUserChain(listed: string[]): Promise<void> {
    if (!listed.includes(`-N ${USER_CHAIN}`)) await this.#run('iptables', [...WAIT, '-N', USER_CHAIN])
    if (!listed.includes(`-A FORWARD -j ${USER_CHAIN}`))
      await this.#run('iptables', [...WAIT, '-I', 'FORWARD', '1', '-j', USER_CHAIN])
  }
}

/** The marks of the servers that have chains on this machine. @throws what iptables fails with; see `describeIptablesError` */
export async function listMarks(run: RunIptables): Promise<string[]> {
  const listed = await run('iptables', [...WAIT, '-S'])
  return [...new Set([...listed.matchAll(/^-N THON-(\w+)-/gm)].map(([, mark = '']) => mark))]
}

/** Removes the chains of a server, and the jumps to them. @throws what the programs fail with; see `describeIptablesError` */
export async function removeChains(run: RunIptables, mark: string): Promise<void> {
  const listed = (await run('iptables', [...WAIT, '-S'])).split('\n')
  const prefix = `THON-${mark}-`
  const chains = listed.filter((line) => line.startsWith(`-N ${prefix}`)).map((line) => line.slice('-N '.length))
  if (chains.length === 0) return
  const isJump = (line: string) => line.startsWith('-A ') && chains.some((chain) => line.endsWith(` -j ${chain}`))
  const lines = [
    ...listed.filter(isJump).map((line) => line.replace('-A ', '-D ')),
    ...chains.map((chain) => `-F ${chain}`),
    ...chains.map((chain) => `-X ${chain}`),
  ]
  await run('iptables-restore', [...WAIT, '--noflush'], ['*filter', ...lines, 'COMMIT', ''].join('\n'))
}

/** Why the rules could not be set, and what to do, as a sentence. */
export function describeIptablesError(error: unknown): string {
  const { code, stderr = '', message = '' } = error as { code?: unknown; stderr?: string; message?: string }
  if (code === 'ENOENT') return 'iptables is not on this machine. Install it (Debian: apt-get install iptables).'
  const text = stderr.trim() || message
  if (/permission denied|must be root|operation not permitted/i.test(text))
    return 'THON may not set them. Run it as root, or with AmbientCapabilities=CAP_NET_ADMIN CAP_NET_RAW in its systemd unit.'
  return `iptables refused: ${(text.split('\n')[0] ?? '').slice(0, 300)}`
}

/** One transaction, which replaces each chain at once, so there is no moment without rules. */
function restoreText(firewall: Firewall, listed: string[]): string {
  const dead = firewall.hooks.filter((hook) => !isLive(listed, hook))
  const hooks = dead.flatMap((hook) => [
    ...(listed.includes(lineOf(hook)) ? [`-D ${hook.parent} ${hook.rule}`] : []),
    `-I ${hook.parent} 1 ${hook.rule}`,
  ])
  return ['*filter', firewall.chains, ...hooks, 'COMMIT', ''].join('\n')
}

function listedRules(listed: string[], { names }: Firewall): string {
  return listed.filter((line) => names.some((name) => line.startsWith(`-A ${name} `))).join('\n')
}

function hasLiveHooks(listed: string[], { hooks }: Firewall): boolean {
  return hooks.every((hook) => isLive(listed, hook))
}

/** Whether packets reach the hook: it exists, and no rule before it takes every packet. */
function isLive(listed: string[], hook: Hook): boolean {
  const index = listed.indexOf(lineOf(hook))
  const before = listed.slice(0, Math.max(0, index))
  return (
    index >= 0 &&
    !before.some((line) => line === `-A ${hook.parent} -j RETURN` || line === `-A ${hook.parent} -j ACCEPT`)
  )
}

function lineOf({ parent, rule }: Hook): string {
  return `-A ${parent} ${rule}`
}
