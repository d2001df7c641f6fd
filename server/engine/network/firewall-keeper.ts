import { execFile } from 'node:child_process'
import type { Firewall, Hook } from './firewall.ts'

/** Runs one of the two programs, `input` on its standard input. @returns what it prints. @throws when it fails */
export type Run = (program: 'iptables' | 'iptables-restore', args: string[], input?: string) => Promise<string>

const WITHIN_MS = 20_000
/** Seconds to wait for another program that is changing the rules. */
const WAIT = ['-w', '10']
const USER = 'DOCKER-USER'

/** The programs of this machine. @param path where to look for them; the folders of administrators are added */
export function runner(path: string): Run {
  const options = { timeout: WITHIN_MS, env: { PATH: `${path}:/usr/sbin:/sbin`, LC_ALL: 'C' }, maxBuffer: 64 << 20 }
  return (program, args, input = '') =>
    new Promise((resolve, reject) => {
      const child = execFile(program, args, options, (error, stdout, stderr) => {
        if (error) reject(Object.assign(error, { stderr }))
        else resolve(stdout)
      })
      // It may end without reading.
      child.stdin?.on('error', () => undefined).end(input)
    })
}

/** Keeps rules in force: sets what is missing, and touches nothing while they are as they were left. */
export class FirewallKeeper {
  readonly #run: Run
  /** What was set last, and how iptables lists it, which differs between its versions. */
  #kept: { chains: string; listed: string } | null = null

  constructor(run: Run) {
    this.#run = run
  }

  /** Whether these rules are the ones that were set last. */
  has(firewall: Firewall): boolean {
    return this.#kept?.chains === firewall.chains
  }

  /**
   * Puts the rules in force unless they are.
   * @returns whether anything had to be done
   * @throws what the programs fail with; see `whyNot`
   */
  async keep(firewall: Firewall): Promise<boolean> {
    const found = await this.#list()
    if (this.has(firewall) && this.#kept?.listed === ofChains(found, firewall) && isHooked(found, firewall))
      return false
    await this.#ensureUserChain(found)
    await this.#run('iptables-restore', [...WAIT, '--noflush'], textOf(firewall, found))
    const set = await this.#list()
    const listed = ofChains(set, firewall)
    this.#kept = { chains: firewall.chains, listed }
    if (isHooked(set, firewall)) return true
    this.#kept = null
    throw new Error('other rules stand before them')
  }

  async #list(): Promise<string[]> {
    return (await this.#run('iptables', [...WAIT, '-S'])).split('\n')
  }

  /** Docker makes it when it starts, and keeps one that is there: so the rules can be in place before Docker is. */
  async #ensureUserChain(found: string[]): Promise<void> {
    if (!found.includes(`-N ${USER}`)) await this.#run('iptables', [...WAIT, '-N', USER])
    if (!found.includes(`-A FORWARD -j ${USER}`))
      await this.#run('iptables', [...WAIT, '-I', 'FORWARD', '1', '-j', USER])
  }
}

/** Why the rules could not be set, and what to do: half a sentence. */
export function whyNot(error: unknown): string {
  const { code, stderr = '', message = '' } = error as { code?: unknown; stderr?: string; message?: string }
  if (code === 'ENOENT') return 'iptables is not on this machine: install it (Debian: apt-get install iptables).'
  const words = stderr.trim() || message
  if (/permission denied|must be root|operation not permitted/i.test(words))
    return 'THON may not set them: run it as root, or with AmbientCapabilities=CAP_NET_ADMIN CAP_NET_RAW in its systemd unit.'
  return `iptables refused: ${(words.split('\n')[0] ?? '').slice(0, 300)}`
}

/** In one transaction: each chain is emptied and filled at once, so there is no moment without rules. */
function textOf(firewall: Firewall, found: string[]): string {
  const dead = firewall.hooks.filter((hook) => !isLive(found, hook))
  const hooks = dead.flatMap((hook) => [
    ...(found.includes(lineOf(hook)) ? [`-D ${hook.parent} ${hook.rule}`] : []),
    `-I ${hook.parent} 1 ${hook.rule}`,
  ])
  return ['*filter', firewall.chains, ...hooks, 'COMMIT', ''].join('\n')
}

function ofChains(found: string[], { names }: Firewall): string {
  return found.filter((line) => names.some((name) => line.startsWith(`-A ${name} `))).join('\n')
}

function isHooked(found: string[], { hooks }: Firewall): boolean {
  return hooks.every((hook) => isLive(found, hook))
}

/** Whether packets come by it: it is there, and nothing before it takes them all. */
function isLive(found: string[], hook: Hook): boolean {
  const index = found.indexOf(lineOf(hook))
  const before = found.slice(0, Math.max(0, index))
  return (
    index >= 0 &&
    !before.some((line) => line === `-A ${hook.parent} -j RETURN` || line === `-A ${hook.parent} -j ACCEPT`)
  )
}

function lineOf({ parent, rule }: Hook): string {
  return `-A ${parent} ${rule}`
}
