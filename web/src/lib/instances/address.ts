/**
 * The address by which a sandbox on this machine is opened: by another name for the machine than this page's. Browsers share
 * cookies between all ports of a name, and the session's must not get to a sandbox.
 * @param hostname of this page
 */
export function apart(url: string, hostname: string): string {
  const other = { '127.0.0.1': 'localhost', localhost: '127.0.0.1' }[hostname]
  const target = new URL(url)
  if (!other || target.hostname !== hostname) return url
  target.hostname = other
  return target.href
}
