/** The address of the login page, which leads back to this page afterwards. */
export function loginPath({ pathname, search }: Pick<URL, 'pathname' | 'search'>): string {
  const here = pathname + search
  return here === '/' ? '/login' : `/login?to=${encodeURIComponent(here)}`
}

/**
 * The page to open after the login: `?to=`, if it is on this server. Addresses that only look like it (`//elsewhere`,
 * `/\elsewhere`, or either with a tab in it, which browsers ignore) lead to the first page.
 */
export function goalOf({ searchParams }: { searchParams: Pick<URLSearchParams, 'get'> }): string {
  const to = searchParams.get('to') ?? ''
  if (!to.startsWith('/') || !URL.canParse(to, HERE)) return '/'
  const { origin, pathname, search, hash } = new URL(to, HERE)
  return origin === HERE && !pathname.startsWith('//') ? pathname + search + hash : '/'
}

const HERE = 'http://here.invalid'
