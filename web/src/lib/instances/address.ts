/**
 * Where somebody opens an instance's VS Code: the server sends them on to its own address with a ticket in place of their
 * session, which never leaves this page's host name.
 */
export function openingOf(instance: { id: string }): string {
  return `/open/${instance.id}`
}

/**
 * Whether an address of a sandbox leads there for whoever is at this page: names below localhost are this machine's own,
 * which is another machine for everybody who came from elsewhere.
 * @param hostname of this page
 */
export function leadsHere(address: string, hostname: string): boolean {
  return !isLoopback(new URL(address).hostname) || isLoopback(hostname)
}

/** Whether a host name is this very machine, for whoever asks. */
export function isLoopback(hostname: string): boolean {
  return /^(localhost|.*\.localhost|127\.[\d.]+|\[::1\])$/.test(hostname)
}
