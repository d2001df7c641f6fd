import { parseCookie } from 'cookie'

/** A cookie as a browser is asked to keep it: for this host, out of reach of scripts. */
export interface ServerCookie {
  name: string
  value: string
  /** Seconds; 0 deletes it. */
  maxAge: number
  path: string
  /** Whether it stays off plain http. */
  secure: boolean
}

/**
 * A Set-Cookie header. Its order of attributes is the one of the recorded REST contract, which `cookie` does not write.
 */
export function setCookieHeader({ name, value, maxAge, path, secure }: ServerCookie): string {
  return `${name}=${value}; HttpOnly; Max-Age=${maxAge}; Path=${path}; SameSite=lax${secure ? '; Secure' : ''}`
}

/** Every value of a cookie in a Cookie header: several when a page of another host of the domain has set one, too. */
export function cookiesNamed(header: string | undefined, name: string): string[] {
  return (header?.split(';') ?? []).flatMap((pair) => {
    // Browsers send a cookie without a value as its bare name; the parser would pass over it.
    const value = parseCookie(pair.includes('=') ? pair : `${pair}=`)[name]
    return value === undefined ? [] : [value]
  })
}
