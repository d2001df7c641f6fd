import { execFile, execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { readFile, readdir } from 'node:fs/promises'
import { promisify } from 'node:util'

/** One process of this machine, as the kernel describes it. */
export interface ProcessInfo {
  pid: number
  parent: number
  group: number
  /** Whether SIGSTOP paused it. */
  stopped: boolean
  /** When it started, in the system's own format. Together with the pid it is unique, even across restarts of the machine. */
  start: string
  cpuSeconds: number
  memoryBytes: number
}

const linux = process.platform === 'linux'
/** Linux counts CPU time in ticks of 1/100 s for user programs, whatever the kernel was built with. */
const TICKS_PER_SECOND = 100
const PS = ['-ww', '-o', 'pid=,ppid=,pgid=,stat=,rss=,time=,lstart=']

/** The living processes among `pids`, or all of this machine. Zombies do not count. */
export async function processes(pids?: number[]): Promise<Map<number, ProcessInfo>> {
  const found = linux ? await fromProc(pids) : fromPs(await ps(pids))
  return new Map(found.map((info) => [info.pid, info]))
}

/** One process, read synchronously; null when it does not exist. */
export function processNow(pid: number): ProcessInfo | null {
  try {
    if (linux) return parseStat(readFileSync(`/proc/${pid}/stat`, 'latin1'))
    return fromPs(execFileSync('ps', [...PS, '-p', `${pid}`], { encoding: 'utf8', env: psEnv() }))[0] ?? null
  } catch (error) {
    ifGone(error)
    return null
  }
}

/** A process and everything it started, in any session or group; empty when `root` does not exist. */
export async function descendants(root: number): Promise<ProcessInfo[]> {
  const all = await processes()
  const children = Map.groupBy(all.values(), (info) => info.parent)
  const first = all.get(root)
  const tree = first ? [first] : []
  // The list grows while it is iterated: children are appended.
  for (const info of tree) tree.push(...(children.get(info.pid) ?? []))
  return tree
}

async function fromProc(pids?: number[]): Promise<ProcessInfo[]> {
  const names = pids ?? (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  const texts = await Promise.all(names.map((pid) => readFile(`/proc/${pid}/stat`, 'latin1').catch(ifGone)))
  return texts.map(parseStat).filter((info) => info !== null)
}

/** '' for an error that means "no such process". Others, such as too many open files, are thrown. */
function ifGone(error: unknown): string {
  const { code, status } = error as { code?: unknown; status?: unknown }
  if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes(String(code)) || code === 1 || status === 1) return ''
  throw error
}

/** Reads proc_pid_stat(5). The name in brackets may contain spaces and brackets, so fields are counted after the last one. */
function parseStat(text: string): ProcessInfo | null {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const state = fields[0]
  if (!text || !state || 'ZXx'.includes(state)) return null
  return {
    pid: parseInt(text, 10),
    parent: Number(fields[1]),
    group: Number(fields[2]),
    stopped: state === 'T' || state === 't',
    start: `${bootId()}/${fields[19]}`,
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
    memoryBytes: Number(fields[21]) * pageSize(),
  }
}

let boot: string | undefined
/** Start times count from the boot, so they are unique only together with the boot's id. */
function bootId(): string {
  return (boot ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim())
}

let page: number | undefined
/** Bytes per page: 4096 nearly everywhere, 16 or 64 KiB on some ARM machines. */
function pageSize(): number {
  return (page ??=
    Number(/^KernelPageSize:\s+(\d+) kB/m.exec(readFileSync('/proc/self/smaps', 'utf8'))?.[1] ?? 4) * 1024)
}

async function ps(pids?: number[]): Promise<string> {
  if (pids?.length === 0) return ''
  const which = pids ? ['-p', pids.join(',')] : ['-A']
  // ps may exit with 1 although it prints the processes that exist.
  try {
    return (await promisify(execFile)('ps', [...PS, ...which], { env: psEnv(), maxBuffer: 16 << 20 })).stdout
  } catch (error) {
    return (error as { stdout?: string }).stdout || ifGone(error)
  }
}

/** One language and time zone for the dates that ps prints. */
function psEnv(): Record<string, string> {
  return { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' }
}

function fromPs(text: string): ProcessInfo[] {
  return text.split('\n').flatMap((line) => {
    const [pid, parent, group, state, rss, time, ...start] = line.trim().split(/\s+/)
    if (!state || !time || state.startsWith('Z')) return []
    return [
      {
        pid: Number(pid),
        parent: Number(parent),
        group: Number(group),
        stopped: state.startsWith('T'),
        start: start.join(' '),
        cpuSeconds: time.split(/[-:]/).reduce((sum, part) => sum * 60 + Number(part), 0),
        memoryBytes: Number(rss) * 1024,
      },
    ]
  })
}
