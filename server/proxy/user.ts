import { execFileSync } from 'node:child_process'
import { getuid } from 'node:process'

/** User and group of a process. */
export interface ProcessUser {
  uid: number
  gid: number
}

/**
 * The user that the proxy is to become, so that breaking into it does not make anyone root.
 * @param name of a user, or its number
 * @returns null where it stays who THON is: where that is not root, or root is wished for
 * @throws Error for people when there is no such user
 */
export function proxyUserOf(name: string): ProcessUser | null {
  if (getuid?.() !== 0) return null
  // The system's own directory may be more than /etc/passwd.
  const number = (option: string) =>
    Number(execFileSync('id', [option, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }))
  try {
    const user = { uid: number('-u'), gid: number('-g') }
    return user.uid === 0 ? null : user
  } catch {
    throw new Error(
      `THON_PROXY_USER ${name} is not a user of this machine. Name another one, or root to keep the proxy root.`,
    )
  }
}
