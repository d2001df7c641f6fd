import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { onTestFinished } from 'vitest'

/** Process ids of the proxies of the database in a folder: those that listen, and those that still have something open. */
export function proxiesOf(dir: string): number[] {
  const listing = execFileSync('ps', ['-eo', 'pid=,stat=,args='], { encoding: 'utf8' })
  return listing.split('\n').flatMap((line) => {
    const [pid, state, ...command] = line.trim().split(/\s+/)
    const isProxy = command.some((part) => part.endsWith('proxy/main.ts')) && command.at(-1) === `${dir}/thon.db.proxy`
    return isProxy && !state?.startsWith('Z') ? [Number(pid)] : []
  })
}

/** The only proxy of the database in a folder. */
export function proxyOf(dir: string): number {
  const [pid, ...others] = proxiesOf(dir)
  if (pid === undefined || others.length > 0)
    throw new Error(`there are ${others.length + 1} proxies of ${dir}, or none`)
  return pid
}

/** Kills the proxies of a folder after the test, where its THON cannot. */
export function killProxiesAfterwards(dir: string): void {
  onTestFinished(() => {
    for (const pid of proxiesOf(dir)) process.kill(pid, 'SIGKILL')
  })
}

/** The environment that a process was started with. */
export function environmentOf(pid: number): string {
  return readFileSync(`/proc/${pid}/environ`, 'utf8')
}

/** The real user of a process. */
export function userOf(pid: number): number {
  return Number(/^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
}
