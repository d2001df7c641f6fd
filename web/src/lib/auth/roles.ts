import type { IdentityRowFragment, Role } from '#lib/graphql/generated/graphql.ts'
import type { Tone } from '#lib/ui/tone.ts'

/** How a role is told. */
export const roles: Record<Role, { label: string; tone: Tone }> = {
  ORGANIZER: { label: 'Organizer', tone: 'accent' },
  PARTICIPANT: { label: 'Participant', tone: 'info' },
  WAITING: { label: 'Waits', tone: 'warning' },
  ANONYMOUS: { label: 'Nobody', tone: 'neutral' },
}

const providers: Record<string, string> = {
  github: 'GitHub',
  gitlab: 'GitLab',
  linkedin: 'LinkedIn',
  local: 'Local password',
  link: 'Link',
}

/** Where somebody signed in, as people know it. */
export function providerName({ provider }: Pick<IdentityRowFragment, 'provider'>): string {
  return providers[provider] ?? provider
}

/** Whether it stands for the local password, whose owners are organizers whatever anybody decides. */
export function isPassword({ provider }: Pick<IdentityRowFragment, 'provider'>): boolean {
  return provider === 'local'
}

/** Whether they came by a link instead of an account. */
export function isByLink({ provider }: Pick<IdentityRowFragment, 'provider'>): boolean {
  return provider === 'link'
}
