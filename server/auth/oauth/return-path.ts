const HERE = 'http://here.invalid'

/**
 * Where to go on to after signing in, if that is on this server: somebody who sends a link to the login page must not
 * choose where else it ends. Browsers take `/\` for `//`, and pass over control characters.
 * @param wanted what the request says
 * @returns path, query and fragment, in ASCII as a Location header needs it; `/` for anything else
 */
export function pathHere(wanted: string): string {
  if (!/^\/(?![/\\])/.test(wanted) || /\p{Cc}/u.test(wanted) || wanted.length > 2048) return '/'
  const url = URL.parse(wanted, HERE)
  if (url?.origin !== HERE) return '/'
  // `/.//elsewhere` has become `//elsewhere` now.
  return url.pathname.startsWith('//') ? '/' : url.pathname + url.search + url.hash
}
