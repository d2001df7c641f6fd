import Docker from 'dockerode'
import { spawn } from 'node:child_process'
import { existsSync, openSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { install, mayInstall } from './debian.ts'

export { benchImage, ensureTestImages, testImage } from './docker-images.ts'

const PACKAGES = ['docker.io', 'iptables', 'busybox-static']
const HELP =
  'These tests need a Docker engine on /var/run/docker.sock. Start one, or run them as root on Debian, where they install it.'

/**
 * Makes sure that a Docker engine answers on this machine. As root on Debian, it is installed and started, and keeps
 * running afterwards. @throws otherwise, saying what to do
 */
export async function ensureDocker(): Promise<void> {
  if (await answers()) return
  if (!mayInstall()) throw new Error(HELP)
  if (!existsSync('/usr/sbin/dockerd') && !existsSync('/usr/bin/dockerd')) install(PACKAGES)
  const log = join(tmpdir(), 'thon-test-dockerd.log')
  const out = openSync(log, 'a')
  // Detached, because later runs use it too.
  spawn('dockerd', [], { detached: true, stdio: ['ignore', out, out] })
    .on('error', () => {})
    .unref()
  for (let tries = 0; tries < 120; tries++) {
    if (await answers()) return
    await sleep(500)
  }
  throw new Error(`dockerd was started, but does not answer. ${HELP}\n${readFileSync(log, 'utf8').slice(-2000)}`)
}

async function answers(): Promise<boolean> {
  try {
    await new Docker({ socketPath: '/var/run/docker.sock', timeout: 5_000 }).ping()
    return true
  } catch {
    return false
  }
}
