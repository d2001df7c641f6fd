import type { ListedEvent, ListedGroup } from './types.ts'

/** Groups under one heading. */
export interface Section {
  key: string
  /** Null for groups without an event. */
  event: ListedEvent | null
  groups: ListedGroup[]
}

/** The value of the event filter for groups without an event. */
export const NO_EVENT = 'none'

/** Groups by event, oldest event first. Groups without an event come last. */
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
