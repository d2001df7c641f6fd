import type { ProviderName } from '../../server/auth/oauth/protocol.ts'

/** A person with an account at all three providers. */
export interface OAuthPerson {
  id: number
  login: string
  /** Null when the provider does not know it. */
  name: string | null
  /** The address in their profile. On GitHub they may hide it; GitLab and LinkedIn always have one. */
  email: string | null
  /** Whether the provider has verified it: GitLab's `confirmed_at`, LinkedIn's `email_verified`. */
  verified: boolean
  /** GitHub's list of addresses. */
  emails: { email: string; primary: boolean; verified: boolean }[]
}

/** A person with one verified address. @param known what differs from the usual */
export function person(known: Partial<OAuthPerson> = {}): OAuthPerson {
  const login = known.login ?? 'ada'
  const email = known.email === undefined ? `${login}@Example.org` : known.email
  return {
    id: 4711,
    login,
    name: 'Ada Lovelace',
    email,
    verified: true,
    emails: email ? [{ email, primary: true, verified: true }] : [],
    ...known,
  }
}

/** A provider's answer to a request for the profile. */
export function profileOf(provider: ProviderName, who: OAuthPerson): Record<string, unknown> {
  const { id, login, name, email, verified } = who
  if (provider === 'github') return { id, login, name, email, node_id: 'MDQ6VXNlcjE=', type: 'User' }
  if (provider === 'gitlab')
    return { id, username: login, name, email, state: 'active', confirmed_at: verified ? '2024-05-23T09:05:22Z' : null }
  return { sub: `Li-${id}`, name, given_name: name?.split(' ')[0], email, email_verified: verified, locale: 'en_US' }
}
