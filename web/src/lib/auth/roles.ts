import type { IdentityRowFragment, Role } from '#lib/graphql/generated/graphql.ts'
import type { Tone } from '#lib/ui/tone.ts'

/** How a role is shown. */
export const roles: Record<Role, { label: string; tone: Tone }> = {
  ORGANIZER: { label: 'Organizer', tone: 'accent' },
  PARTICIPANT: { label: 'Participant', tone: 'info' },
  WAITING: { label: 'Waiting', tone: 'warning' },
  ANONYMOUS: { label: 'Not signed in', tone: 'neutral' },
}

/** A role in the middle of a sentence. */
export const withArticle: Record<Role, string> = {
  ORGANIZER: 'an organizer',
  PARTICIPANT: 'a participant',
  WAITING: 'suspended',
  ANONYMOUS: 'not signed in',
}

const providers: Record<string, string> = {
  github: 'GitHub',
  gitlab: 'GitLab',
  linkedin: 'LinkedIn',
  local: 'Local password',
  link: 'Link',
}

/** What a person signed in with, by the name people know. */
export function providerName({ provider }: Pick<IdentityRowFragment, 'provider'>): string {
  return providers[provider] ?? provider
}

/** Whether it stands for everyone who knows the local password. They are always organizers. */
export function isPassword({ provider }: Pick<IdentityRowFragment, 'provider'>): boolean {
  return provider === 'local'
}

/** Whether they joined by a link instead of an account. */
export function isByLink({ provider }: Pick<IdentityRowFragment, 'provider'>): boolean {
  return provider === 'link'
}
