import { github } from './github.ts'
import { gitlab } from './gitlab.ts'
import { linkedin } from './linkedin.ts'
import type { ApiRegistration, OAuthProvider, Registration } from './protocol.ts'

/** The providers as the environment has them (env.ts knows where they are); null is one that is not configured, or lacks its id or secret. */
export interface ProvidersConfig {
  github: ApiRegistration | null
  gitlab: Registration | null
  linkedin: ApiRegistration | null
}

/**
 * @param timeLimit milliseconds for each request to a provider; 10 s unless a test is in a hurry
 * @returns the configured ones, in the order in which people see them
 */
export function createProviders(config: ProvidersConfig, timeLimit?: number): OAuthProvider[] {
  const made: OAuthProvider[] = []
  if (config.github) made.push(github(config.github, timeLimit))
  if (config.gitlab) made.push(gitlab(config.gitlab, timeLimit))
  if (config.linkedin) made.push(linkedin(config.linkedin, timeLimit))
  return made
}
