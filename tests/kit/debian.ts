import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'

/** Whether missing programs may be installed: on a Debian machine where we are root. */
export function mayInstall(): boolean {
  return process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')
}

/** Installs Debian packages; throws when apt cannot. */
export function install(packages: string[]): void {
  const run = (...args: string[]) =>
    execFileSync('apt-get', args, { stdio: 'pipe', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } })
  const add = () => run('install', '-y', '--no-install-recommends', ...packages)
  try {
    add()
  } catch {
    // A fresh machine has no lists of packages yet, or old ones.
    run('update')
    add()
  }
}
