import type { GroupLinksQuery, LinkedUserFragment, LinkRowFragment } from '#lib/graphql/generated/graphql.ts'

/** A group with every way into it. */
export type LinkedGroup = GroupLinksQuery['group']

/** A user of it. */
export type LinkedUser = LinkedUserFragment

/** What is kept of a link. */
export type LinkRow = LinkRowFragment

/** A link that was made now: the only moment at which it is known. */
export interface FreshLink {
  secret: string
  /** What it does: title of the dialog that shows it. */
  title: string
  /** What whoever has it may do. */
  meaning: string
}
