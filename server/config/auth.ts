import { z } from 'zod'
import { list, onOff, providerUrl } from './rules.ts'

/** How people sign in. */
export interface AuthEnv {
  /** Anyone who knows it signs in as an organizer; null turns this off. */
  readonly localPassword: string | null
  /** Whether everyone has to sign in at a provider, scripts included. */
  readonly enabled: boolean
  /** Signs session cookies; null generates one and keeps it in the database. */
  readonly sessionSecret: string | null
  /** Ids and e-mail addresses of people who are always organizers, in lower case. */
  readonly admins: readonly string[]
  readonly providers: {
    readonly github: ProviderEnv | null
    readonly gitlab: Omit<ProviderEnv, 'apiUrl'> | null
    readonly linkedin: ProviderEnv | null
  }
}

/** THON's registration as an application at a provider. */
export interface ProviderEnv {
  readonly clientId: string
  readonly clientSecret: string
  /** Where people sign in. */
  readonly url: string
  /** Where THON reads their profile. */
  readonly apiUrl: string
}

/** The variables of sign-in. */
export const authVariables = {
  AUTH_LOCAL_PASSWORD: z.string().max(1024, 'must be at most 1024 characters').optional(),
  AUTH_ENABLED: onOff.default(false),
  AUTH_SESSION_SECRET: z
    .string()
    .min(32, 'must be at least 32 characters; create one with openssl rand -hex 32')
    .optional(),
  AUTH_ADMINS: list.default([]),
  AUTH_GITHUB_CLIENT_ID: z.string().optional(),
  AUTH_GITHUB_CLIENT_SECRET: z.string().optional(),
  AUTH_GITHUB_URL: providerUrl.default('https://github.com'),
  AUTH_GITHUB_API_URL: providerUrl.default('https://api.github.com'),
  AUTH_GITLAB_CLIENT_ID: z.string().optional(),
  AUTH_GITLAB_CLIENT_SECRET: z.string().optional(),
  AUTH_GITLAB_URL: providerUrl.default('https://gitlab.com'),
  AUTH_LINKEDIN_CLIENT_ID: z.string().optional(),
  AUTH_LINKEDIN_CLIENT_SECRET: z.string().optional(),
  AUTH_LINKEDIN_URL: providerUrl.default('https://www.linkedin.com'),
  AUTH_LINKEDIN_API_URL: providerUrl.default('https://api.linkedin.com'),
}

type AuthVariables = z.infer<z.ZodObject<typeof authVariables>>

/** The sign-in configuration. */
export function authOf(v: AuthVariables): AuthEnv {
  const provider = (clientId: string | undefined, clientSecret: string | undefined, url: string, apiUrl: string) =>
    clientId && clientSecret ? { clientId, clientSecret, url, apiUrl } : null
  return {
    localPassword: v.AUTH_LOCAL_PASSWORD ?? null,
    enabled: v.AUTH_ENABLED,
    sessionSecret: v.AUTH_SESSION_SECRET ?? null,
    admins: v.AUTH_ADMINS.map((one) => one.toLowerCase()),
    providers: {
      github: provider(v.AUTH_GITHUB_CLIENT_ID, v.AUTH_GITHUB_CLIENT_SECRET, v.AUTH_GITHUB_URL, v.AUTH_GITHUB_API_URL),
      gitlab: provider(v.AUTH_GITLAB_CLIENT_ID, v.AUTH_GITLAB_CLIENT_SECRET, v.AUTH_GITLAB_URL, v.AUTH_GITLAB_URL),
      linkedin: provider(
        v.AUTH_LINKEDIN_CLIENT_ID,
        v.AUTH_LINKEDIN_CLIENT_SECRET,
        v.AUTH_LINKEDIN_URL,
        v.AUTH_LINKEDIN_API_URL,
      ),
    },
  }
}

/** What is missing for people to sign in. Takes unparsed values, so that it is reported together with errors of single variables. */
export function signInErrors(given: Record<string, string | undefined>): string[] {
  if (!onOff.safeParse(given.AUTH_ENABLED).data) return []
  const errors: string[] = []
  if (!given.AUTH_SESSION_SECRET)
    errors.push('AUTH_SESSION_SECRET: is required with AUTH_ENABLED; create one with openssl rand -hex 32')
  const complete = ['GITHUB', 'GITLAB', 'LINKEDIN'].some(
    (provider) => given[`AUTH_${provider}_CLIENT_ID`] && given[`AUTH_${provider}_CLIENT_SECRET`],
  )
  if (!complete && !given.AUTH_LOCAL_PASSWORD)
    errors.push(
      'AUTH_ENABLED: no one could sign in; set the client id and secret of a provider, or set AUTH_LOCAL_PASSWORD',
    )
  return errors
}

/** Incomplete settings, and settings without effect. */
export function authWarnings(v: AuthVariables): string[] {
  return (['GITHUB', 'GITLAB', 'LINKEDIN'] as const).flatMap((provider) => {
    const [id, secret] = [v[`AUTH_${provider}_CLIENT_ID`], v[`AUTH_${provider}_CLIENT_SECRET`]]
    if (Boolean(id) !== Boolean(secret))
      return [
        `AUTH_${provider}_CLIENT_ID and AUTH_${provider}_CLIENT_SECRET belong together, but one of them is missing`,
      ]
    return id && !v.AUTH_ENABLED ? [`AUTH_${provider}_CLIENT_ID has no effect without AUTH_ENABLED=true`] : []
  })
}
