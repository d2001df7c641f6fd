import { z } from 'zod'
import { CodeFlow, type OAuthProvider, type Registration } from './protocol.ts'
import { address, shownName } from './text.ts'

/** https://docs.gitlab.com/api/users/#retrieve-the-current-user: `confirmed_at` is null until the address is confirmed. */
const profile = z.object({
  id: z.int().positive(),
  username: z.string().nullish(),
  name: z.string().nullish(),
  email: z.string().nullish(),
  confirmed_at: z.string().nullish(),
})

/**
 * gitlab.com, or a self-managed GitLab: https://docs.gitlab.com/api/oauth2/#authorization-code-with-proof-key-for-code-exchange-pkce
 * @param timeLimit milliseconds for each request
 */
export function gitlab(registration: Registration, timeLimit?: number): OAuthProvider {
  const label = 'GitLab'
  const paths = { authorizePath: '/oauth/authorize', tokenPath: '/oauth/token' }
  const flow = new CodeFlow({ label, registration, scopes: ['read_user'], ...paths }, timeLimit)
  return {
    name: 'gitlab',
    label,
    authorizationUrl: (parts) => flow.authorizationUrl(parts),
    async identify(parts) {
      const ask = await flow.exchange(parts)
      const person = await ask(`${registration.url}/api/v4/user`, profile)
      return {
        id: `gitlab:${person.id}`,
        provider: 'gitlab',
        displayName: shownName(person.name) || shownName(person.username) || String(person.id),
        email: person.confirmed_at ? address(person.email) : null,
      }
    },
  }
}
