import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { nodeMark } from '../../server/engine/network/names.ts'

const execute = promisify(execFile)

/** Removes the networks of a server's sandboxes and the rules for them, which stay when it stops. */
export async function removeNetworks(node: string): Promise<void> {
  const { stdout } = await execute('docker', ['network', 'ls', '-q', '--filter', `label=thon.node=${node}`])
  for (const id of stdout.trim().split('\n').filter(Boolean))
    await execute('docker', ['network', 'rm', id]).catch(() => undefined)
  await removeRules(node)
}

/** Runs iptables. @returns what it prints, line by line */
export async function iptables(...args: string[]): Promise<string[]> {
  return (await execute('iptables', ['-w', '10', ...args])).stdout.trim().split('\n')
}

/** Removes the rules that a server intentionally leaves in force when it stops. */
export async function removeRules(node: string): Promise<void> {
  const ours = `THON-${nodeMark(node)}-`
  const rules = await iptables('-S').catch(() => [])
  for (const rule of rules.filter((line) => line.startsWith('-A ') && line.includes(` -j ${ours}`)))
    await iptables('-D', ...rule.split(' ').slice(1))
  for (const chain of rules.filter((line) => line.startsWith(`-N ${ours}`)).map((line) => line.slice(3))) {
    await iptables('-F', chain)
    await iptables('-X', chain)
  }
}
