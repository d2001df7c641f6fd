import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'

/** Whether tests may install missing programs: as root on Debian. */
export function mayInstall(): boolean {
  return process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')
}

/** Installs Debian packages. @throws Error when apt-get fails */
export function install(packages: string[]): void {
  const run = (...args: string[]) =>
    execFileSync('apt-get', args, { stdio: 'pipe', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } })
  const installPackages = () => run('install', '-y', '--no-install-recommends', ...packages)
  try {
    installPackages()
  } catch {
    // On a fresh machine the package lists are missing or old.
    run('update')
    installPackages()
  }
}
