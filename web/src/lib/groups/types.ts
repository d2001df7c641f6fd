import type { EventsQuery, GroupsQuery } from '#lib/graphql/generated/graphql.ts'

/** A group as the list has it, with everybody in it. */
export type ListedGroup = GroupsQuery['groups'][number]

/** A user as the list has it. */
export type ListedUser = ListedGroup['users'][number]

/** The instance of a user as the list has it. */
export type ListedInstance = NonNullable<ListedUser['instance']>

/** An event as choices show it. */
export type ListedEvent = EventsQuery['events'][number]
