/** The address of the login page that leads back to where one is. */
export function loginPath({ pathname, search }: Pick<URL, 'pathname' | 'search'>): string {
  const here = pathname + search
  return here === '/' ? '/login' : `/login?to=${encodeURIComponent(here)}`
}

/**
 * Where to go after the login: `?to=`, if that is a page of this server. Addresses that only look like one (`//elsewhere`,
 * `/\elsewhere`, or either with a tab in it, which browsers leave out) lead to the first page.
 */
export function goalOf({ searchParams }: { searchParams: Pick<URLSearchParams, 'get'> }): string {
  const to = searchParams.get('to') ?? ''
  if (!to.startsWith('/') || !URL.canParse(to, HERE)) return '/'
  const { origin, pathname, search, hash } = new URL(to, HERE)
  return origin === HERE && !pathname.startsWith('//') ? pathname + search + hash : '/'
}

const HERE = 'http://here.invalid'
