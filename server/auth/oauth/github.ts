import { z } from 'zod'
import { CodeFlow, type ApiRegistration, type OAuthProvider } from './protocol.ts'
import { address, shownName } from './text.ts'

/** https://docs.github.com/en/rest/users/users#get-the-authenticated-user */
const profile = z.object({
  id: z.int().positive(),
  login: z.string().nullish(),
  name: z.string().nullish(),
  email: z.string().nullish(),
})

/** https://docs.github.com/en/rest/users/emails#list-email-addresses-for-the-authenticated-user */
const addresses = z.array(z.object({ email: z.string(), primary: z.boolean(), verified: z.boolean() }))

/**
 * GitHub, or a GitHub Enterprise Server: https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps
 * @param timeLimit milliseconds for each request
 */
export function github(registration: ApiRegistration, timeLimit?: number): OAuthProvider {
  const label = 'GitHub'
  const scopes = ['read:user', 'user:email']
  const paths = { authorizePath: '/login/oauth/authorize', tokenPath: '/login/oauth/access_token' }
  const flow = new CodeFlow({ label, registration, scopes, ...paths }, timeLimit)
  return {
    name: 'github',
    label,
    authorizationUrl: (parts) => flow.authorizationUrl(parts),
    async identify(parts) {
      const ask = await flow.exchange(parts)
      const person = await ask(`${registration.apiUrl}/user`, profile)
      return {
        id: `github:${person.id}`,
        provider: 'github',
        displayName: shownName(person.name) || shownName(person.login) || String(person.id),
        email: addressOf(person.email, await ask(`${registration.apiUrl}/user/emails`, addresses)),
      }
    },
  }
}

/**
 * The address in their profile, else the primary one if it is verified. The list is checked for the address in the profile
 * as well, which may have lost its verification: https://github.com/dailydotdev/daily-api/pull/3910
 */
function addressOf(shown: string | null | undefined, listed: z.infer<typeof addresses>): string | null {
  const inProfile = address(shown)
  const unverified = listed.some((one) => address(one.email) === inProfile && !one.verified)
  if (inProfile && !unverified) return inProfile
  return address(listed.find((one) => one.primary && one.verified)?.email)
}
