import { z } from 'zod'
import { CodeFlow, type ApiRegistration, type OAuthProvider } from './protocol.ts'
import { address, shownName } from './text.ts'

/** https://openid.net/specs/openid-connect-core-1_0.html#StandardClaims; a `sub` is at most 255 characters of ASCII. */
const profile = z.object({
  sub: z.string().regex(/^[\x21-\x7e]{1,255}$/),
  name: z.string().nullish(),
  given_name: z.string().nullish(),
  family_name: z.string().nullish(),
  email: z.string().nullish(),
  /** Only `true` counts. */
  email_verified: z.unknown(),
})

/**
 * LinkedIn, with OpenID Connect: https://learn.microsoft.com/en-us/linkedin/consumer/integrations/self-serve/sign-in-with-linkedin-v2
 * @param timeLimit milliseconds for each request
 */
export function linkedin(registration: ApiRegistration, timeLimit?: number): OAuthProvider {
  const label = 'LinkedIn'
  const scopes = ['openid', 'profile', 'email']
  const paths = { authorizePath: '/oauth/v2/authorization', tokenPath: '/oauth/v2/accessToken' }
  const flow = new CodeFlow({ label, registration, scopes, ...paths, mayRefuseVerifier: true }, timeLimit)
  return {
    name: 'linkedin',
    label,
    authorizationUrl: (parts) => flow.authorizationUrl(parts),
    async identify(parts) {
      const ask = await flow.exchange(parts)
      const person = await ask(`${registration.apiUrl}/v2/userinfo`, profile)
      const parted = [person.given_name, person.family_name].filter(Boolean).join(' ')
      return {
        id: `linkedin:${person.sub}`,
        provider: 'linkedin',
        displayName: shownName(person.name) || shownName(parted) || person.sub,
        email: person.email_verified === true ? address(person.email) : null,
      }
    },
  }
}
