import type { GroupLinksQuery, LinkedUserFragment, LinkRowFragment } from '#lib/graphql/generated/graphql.ts'

/** A group with all its links. */
export type LinkedGroup = NonNullable<GroupLinksQuery['group']>

/** A user of such a group. */
export type LinkedUser = LinkedUserFragment

/** What is stored of a link. */
export type LinkRow = LinkRowFragment

/** A new link, the only time its secret is known. */
export interface FreshLink {
  secret: string
  /** The title of the dialog that shows it. */
  title: string
  /** What the person who has it can do. */
  meaning: string
}
