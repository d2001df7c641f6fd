import { PROVIDERS } from './oauth-flow.ts'
import { SECRET } from './access.ts'
import { startApp, type TestApp } from './app.ts'
import { oauthStandIn, type OAuthStandIn } from './oauth-provider.ts'

type Provider = (typeof PROVIDERS)[number]

/** A server whose people sign in with the stand-in. */
export async function startSignIn(variables: Record<string, string> = {}): Promise<{ app: TestApp; at: OAuthStandIn }> {
  const at = await oauthStandIn()
  const app = await startApp({ AUTH_ENABLED: 'true', AUTH_SESSION_SECRET: SECRET, ...at.environment(), ...variables })
  return { app, at }
}

/** An answer of REST. */
export interface RestAnswer {
  status: number
  body: unknown
  cookies: string[]
  headers: Headers
}

/** A GET that does not follow redirects. */
export async function get(url: string, headers: Record<string, string> = {}): Promise<RestAnswer> {
  const response = await fetch(url, { headers, redirect: 'manual' })
  const text = await response.text()
  const isJson = response.headers.get('content-type') === 'application/json'
  const body: unknown = isJson ? JSON.parse(text) : text
  return { status: response.status, body, cookies: response.headers.getSetCookie(), headers: response.headers }
}

/** Starts a sign-in. @param from the address of the server */
export async function begin(
  app: TestApp,
  provider: Provider,
  to = '/',
  headers: Record<string, string> = {},
  from = app.url,
): Promise<{ url: URL; state: string; cookies: string[] }> {
  const { status, body, cookies } = await get(
    `${from}/api/auth/login/${provider}?to=${encodeURIComponent(to)}`,
    headers,
  )
  if (status !== 200) throw new Error(`login: ${status} ${JSON.stringify(body)}`)
  const { authorization_url, state } = body as { authorization_url: string; state: string }
  return { url: new URL(authorization_url), state, cookies }
}

/** Starts a sign-in and agrees at the provider. @returns path and query of the callback */
export async function visitProvider(app: TestApp, at: OAuthStandIn, provider: Provider, to?: string): Promise<string> {
  const { pathname, search } = await at.visit((await begin(app, provider, to)).url)
  return pathname + search
}

/** A whole sign-in. @returns the cookie that the browser sends from then on */
export async function signIn(app: TestApp, at: OAuthStandIn, provider: Provider = 'github'): Promise<string> {
  const { status, body, cookies } = await get(app.url + (await visitProvider(app, at, provider)))
  if (status !== 303) throw new Error(`callback: ${status} ${JSON.stringify(body)}`)
  return cookieHeader(cookies)
}

/** The Cookie header that a browser sends for the cookies it was given. */
export function cookieHeader(cookies: string[]): string {
  return cookies.map((cookie) => cookie.split(';', 1)[0]).join('; ')
}
