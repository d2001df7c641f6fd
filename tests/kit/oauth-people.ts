import type { ProviderName } from '../../server/auth/oauth/protocol.ts'

/** Somebody with an account at all three providers. */
export interface Person {
  id: number
  login: string
  /** Null: never told the provider. */
  name: string | null
  /** The address in their profile: GitHub shows it when they want it, GitLab and LinkedIn have one of everybody. */
  email: string | null
  /** Whether it is theirs: GitLab's `confirmed_at`, LinkedIn's `email_verified`. */
  verified: boolean
  /** GitHub's list. */
  emails: { email: string; primary: boolean; verified: boolean }[]
}

/** Somebody with one verified address. @param known what is special about them */
export function person(known: Partial<Person> = {}): Person {
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

/** What the providers' profile requests answer. */
export function profileOf(provider: ProviderName, who: Person): Record<string, unknown> {
  const { id, login, name, email, verified } = who
  if (provider === 'github') return { id, login, name, email, node_id: 'MDQ6VXNlcjE=', type: 'User' }
  if (provider === 'gitlab')
    return { id, username: login, name, email, state: 'active', confirmed_at: verified ? '2024-05-23T09:05:22Z' : null }
  return { sub: `Li-${id}`, name, given_name: name?.split(' ')[0], email, email_verified: verified, locale: 'en_US' }
}
