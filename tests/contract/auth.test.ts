import { expect, test } from 'vitest'
import type { ProviderName } from '../../server/auth/oauth/protocol.ts'
import { startApp } from '../kit/app.ts'
import { Captures } from '../kit/conformance/captures.ts'
import { compareJson } from '../kit/conformance/compare.ts'
import { isRecord } from '../kit/conformance/json.ts'
import { loadScenario, type Call } from '../kit/conformance/scenario.ts'
import type { Answer } from '../kit/conformance/send.ts'
import { oauthStandIn, type OAuthStandIn, type SeenRequest } from '../kit/oauth-provider.ts'
import { conforms } from './conforms.ts'

/** The recorded environment, without the recording's own stand-ins, and with a secret that is long enough here. */
function environmentOf(name: string): Record<string, string> {
  const { https_proxy: _proxy, SSL_CERT_FILE: _file, AUTH_SESSION_SECRET: short, ...env } = loadScenario(name).env
  return { ...env, AUTH_SESSION_SECRET: `${short}, and long enough for this server` }
}

test('sign-ins start and are refused as recorded; everything else is closed', async () => {
  const at = await oauthStandIn(() => ({ clientId: 'gh-id', clientSecret: 'gh-sec' }))
  const { AUTH_GITHUB_URL = '', AUTH_GITHUB_API_URL = '' } = at.environment()
  const app = await startApp({ ...environmentOf('auth-enabled'), AUTH_GITHUB_URL, AUTH_GITHUB_API_URL })
  await conforms(app, 'auth-enabled', { after: (_step, answer) => stateFaults(answer) })
  expect(at.requests.map(({ path }) => path)).toEqual(['/login/oauth/access_token'])
  expect(await app.db.group.count()).toBe(0)
  expect(await app.db.setting.count()).toBe(0)
})

test('callbacks sign people in and ask providers as recorded', async () => {
  const at = await oauthStandIn((provider) => ({ clientId: `${provider}-id`, clientSecret: `${provider}-sec` }))
  const app = await startApp({ ...environmentOf('auth-callback'), ...at.environment() })
  await conforms(app, 'auth-callback', {
    after: async ({ upstream }, answer) => {
      const actual = at.requests.splice(0).map(seen)
      const expected = (upstream.idp ?? []).map((call) => asOurs(call, at, app.url))
      const found = compareJson(expected, actual, { kinds: {}, refs: {} }, new Captures(), '/upstream')
      await consent(at, answer)
      return [...found, ...stateFaults(answer)]
    },
  })
  expect(await app.db.session.count()).toBe(3)
})

function authorizationUrl(answer: Answer | null): URL | null {
  const { body } = answer ?? {}
  return isRecord(body) && typeof body.authorization_url === 'string' ? new URL(body.authorization_url) : null
}

/** Checks that the state in the answer is the one in the URL. */
function stateFaults(answer: Answer | null): string[] {
  const url = authorizationUrl(answer)
  if (!url || !isRecord(answer?.body) || url.searchParams.get('state') === answer.body.state) return []
  return ['/state: differs from the one in /authorization_url']
}

/** Agrees at the provider, which gives the code of the recording. */
async function consent(at: OAuthStandIn, answer: Answer | null): Promise<void> {
  const url = authorizationUrl(answer)
  if (!url) return
  at.nextCode = 'thecode'
  await at.visit(url)
  at.requests.splice(0)
}

/**
 * The request that THON sends where the original sent this one: the same method, path and fields. GitHub gets a form and
 * the grant type as well, all get a verifier, and the stand-in gave the tokens.
 */
function asOurs({ method, path, headers, body }: Call, at: OAuthStandIn, here: string) {
  const url = new URL(`${bases(at)[headers.host ?? ''] ?? ''}${path}`)
  const token = headers.authorization && /^Bearer token-[0-9a-f]{40}$/
  if (body === null) return { method, path: url.pathname, token, form: null, fields: null }
  const recorded = isRecord(body) ? body : Object.fromEntries(new URLSearchParams(typeof body === 'string' ? body : ''))
  const fields = {
    ...recorded,
    grant_type: 'authorization_code',
    redirect_uri: String(recorded.redirect_uri).replace('http://127.0.0.1:8100', here),
    code_verifier: /^[\w-]{43}$/,
  }
  return { method, path: url.pathname, token, form: /^application\/x-www-form-urlencoded/, fields }
}

function seen({ method, path, headers, body }: SeenRequest) {
  return {
    method,
    path,
    token: headers.authorization,
    form: headers['content-type'] ?? null,
    fields: body === '' ? null : Object.fromEntries(new URLSearchParams(body)),
  }
}

/** The stand-in's URLs for the hosts of the recording. */
function bases(at: OAuthStandIn): Record<string, string> {
  const { github, gitlab, linkedin } = at.config() satisfies Record<ProviderName, unknown>
  return {
    'github.com': github.url,
    'api.github.com': github.apiUrl,
    'gitlab.com': gitlab.url,
    'www.linkedin.com': linkedin.url,
    'api.linkedin.com': linkedin.apiUrl,
  }
}
