import type { EventsQuery, GroupsQuery } from '#lib/graphql/generated/graphql.ts'

/** A group in the list, with its users. */
export type ListedGroup = GroupsQuery['groups']['items'][number]

/** A user in the list. */
export type ListedUser = ListedGroup['users'][number]

/** The instance of a user in the list. */
export type ListedInstance = NonNullable<ListedUser['instance']>

/** An event to choose. */
export type ListedEvent = EventsQuery['events']['items'][number]
