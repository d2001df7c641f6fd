/**
 * Opens the VS Code of an instance. The server redirects to its address with a one-time code in place of the session, which
 * never leaves the host name of this page.
 */
export function openingOf(instance: { id: string }): string {
  return `/open/${instance.id}`
}

/**
 * Whether the address of a sandbox works in this browser. A name below localhost is the browser's own machine, which runs
 * sandboxes only if this page comes from there too.
 * @param hostname of this page
 */
export function leadsHere(address: string, hostname: string): boolean {
  return !isLoopback(new URL(address).hostname) || isLoopback(hostname)
}

/** Whether a host name is the machine that resolves it. */
export function isLoopback(hostname: string): boolean {
  return /^(localhost|.*\.localhost|127\.[\d.]+|\[::1\])$/.test(hostname)
}
