import { page } from '$app/state'
import { problemOf, type Problem } from '#lib/graphql/errors.ts'
import type { GroupsQueryVariables } from '#lib/graphql/generated/graphql.ts'
import { liveQuery } from '#lib/graphql/live.svelte.ts'
import { EventsQuery, GroupsQuery } from './documents.ts'
import { NO_EVENT, sectionsOf } from './sections.ts'

/** What the list is asked for, the same in a load and in a component. */
export function variablesOf(search: string): GroupsQueryVariables {
  return search === '' ? {} : { search }
}

/** What is searched for, as the URL says. */
export function searchOf({ searchParams }: { searchParams: Pick<URLSearchParams, 'get'> }): string {
  return searchParams.get('q')?.trim() ?? ''
}

/** What the page shows, as its URL says: `?q=&event=&user=`. */
export class GroupsView {
  /** The groups found. */
  readonly query
  /** Set to true while something needs groups the search leaves out. */
  needsAll = $state(false)

  readonly #all
  readonly #events = liveQuery({ query: EventsQuery, on: ['groups'] })
  readonly #search = $derived(searchOf(page.url))
  readonly #event = $derived(page.url.searchParams.get('event'))
  readonly #user = $derived(page.url.searchParams.get('user'))

  constructor() {
    this.query = liveQuery({ query: GroupsQuery, variables: () => variablesOf(this.#search), on: ['groups'] })
    this.#all = liveQuery({
      query: GroupsQuery,
      variables: () => (this.#search !== '' && (this.needsAll || this.#user !== null) ? {} : null),
      on: ['groups'],
    })
  }

  get search(): string {
    return this.#search
  }

  get problem(): Problem | undefined {
    return this.query.error && problemOf(this.query.error)
  }

  get groups() {
    return this.query.data?.groups ?? []
  }

  /** Whatever the search; only what it found until the rest is there. */
  get allGroups() {
    return this.#all.data?.groups ?? this.groups
  }

  get events() {
    return this.#events.data?.events ?? []
  }

  /** What is shown, under its headings. */
  get sections() {
    const sections = sectionsOf(this.groups, this.events)
    const chosen = sections.filter(({ event }) => (event?.eventId ?? NO_EVENT) === this.#event)
    return this.#event === null ? sections : chosen
  }

  /** What can be filtered by; nothing when there is nothing to choose. */
  get eventOptions(): { value: string; label: string; count: number }[] {
    const options = sectionsOf(this.groups, this.events).map(({ event, groups }) => ({
      value: event?.eventId ?? NO_EVENT,
      label: event ? (event.title ?? event.eventId) : 'No event',
      count: groups.length,
    }))
    return options.length > 1 || this.#event !== null ? options : []
  }

  get event(): string | null {
    return this.#event
  }

  /** Id of the user whose drawer is open. */
  get userId(): string | null {
    return this.#user
  }

  /** That user; null when there is none. */
  get user() {
    for (const group of this.allGroups) {
      const user = group.users.find(({ id }) => id === this.#user)
      if (user) return { user, group }
    }
    return null
  }

  /** Whether it is not known yet who that is. */
  get userLoading(): boolean {
    return this.query.fetching || this.#all.fetching
  }
}
