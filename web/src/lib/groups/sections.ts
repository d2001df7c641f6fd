import type { ListedEvent, ListedGroup } from './types.ts'

/** Groups under one heading. */
export interface Section {
  key: string
  /** The event; null for groups that have none. */
  event: ListedEvent | null
  groups: ListedGroup[]
}

/** What the filter calls groups without an event. */
export const NO_EVENT = 'none'

/** Groups by event, events in the order they were made; those without come last. */
export function sectionsOf(groups: readonly ListedGroup[], events: readonly ListedEvent[]): Section[] {
  const sections = events.map((event) => ({
    key: event.id,
    event,
    groups: groups.filter((group) => group.event?.id === event.id),
  }))
  const known = new Set(events.map(({ id }) => id))
  const others = groups.filter(({ event }) => !event || !known.has(event.id))
  return [...sections, { key: NO_EVENT, event: null, groups: others }].filter((section) => section.groups.length > 0)
}
