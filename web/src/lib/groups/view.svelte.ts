import { page } from '$app/state'
import { problemOf, type Problem } from '#lib/graphql/errors.ts'
import type { GroupsQueryVariables } from '#lib/graphql/generated/graphql.ts'
import { liveQuery } from '#lib/graphql/live.svelte.ts'
import { EventsQuery, GroupsQuery } from './documents.ts'
import { NO_EVENT, sectionsOf } from './sections.ts'
import type { ListedGroup } from './types.ts'

const SIZE = 1000
/** More pages are not loaded: 5,000 groups are more than any event has. */
const MOST_PAGES = 5

/** Variables of one page of the list, the same in a load and in a component. @param number from 1 */
export function variablesOf(search: string, number = 1): GroupsQueryVariables {
  return { page: { number, size: SIZE }, ...(search !== '' && { filter: { search } }) }
}

/** All pages of the list, one after the other. */
class GroupPages {
  readonly first
  readonly #rest

  /** @param search read reactively; null loads nothing */
  constructor(search: () => string | null) {
    const page = (number: number, isNeeded: () => boolean) =>
      liveQuery({
        query: GroupsQuery,
        variables: () => {
          const text = search()
          return text !== null && isNeeded() ? variablesOf(text, number) : null
        },
        on: ['groups'],
      })
    this.first = page(1, () => true)
    this.#rest = Array.from({ length: MOST_PAGES - 1 }, (_, index) =>
      page(index + 2, () => (this.first.data?.groups.total ?? 0) > (index + 1) * SIZE),
    )
  }

  /** Undefined until the first page is there. */
  get groups(): ListedGroup[] | undefined {
    if (!this.first.data) return undefined
    return [this.first, ...this.#rest].flatMap(({ data }) => data?.groups.items ?? [])
  }
}

/** The search text of the URL. */
export function searchOf({ searchParams }: { searchParams: Pick<URLSearchParams, 'get'> }): string {
  return searchParams.get('q')?.trim() ?? ''
}

/** What the page shows, by its URL: `?q=&event=&user=`. */
export class GroupsView {
  /** The first page of the groups found. */
  readonly query
  /** True while a dialog needs groups that the search leaves out. */
  needsAll = $state(false)

  readonly #search = $derived(searchOf(page.url))
  readonly #event = $derived(page.url.searchParams.get('event'))
  readonly #user = $derived(page.url.searchParams.get('user'))
  readonly #found = new GroupPages(() => this.#search)
  readonly #all = new GroupPages(() => (this.#search !== '' && (this.needsAll || this.#user !== null) ? '' : null))
  readonly #events = liveQuery({ query: EventsQuery, on: ['groups'] })

  constructor() {
    this.query = this.#found.first
  }

  get search(): string {
    return this.#search
  }

  get problem(): Problem | undefined {
    return this.query.error && problemOf(this.query.error)
  }

  get groups() {
    return this.#found.groups ?? []
  }

  /** Groups that the search leaves out included, once they are loaded. */
  get allGroups() {
    return this.#all.groups ?? this.groups
  }

  get events() {
    return this.#events.data?.events.items ?? []
  }

  /** The groups shown, by event. */
  get sections() {
    const sections = sectionsOf(this.groups, this.events)
    const chosen = sections.filter(({ event }) => (event?.eventId ?? NO_EVENT) === this.#event)
    return this.#event === null ? sections : chosen
  }

  /** The choices of the event filter; empty with fewer than two. */
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

  /** The id of the user in the drawer. */
  get userId(): string | null {
    return this.#user
  }

  /** The user in the drawer; null when no such user is known. */
  get user() {
    for (const group of this.allGroups) {
      const user = group.users.find(({ id }) => id === this.#user)
      if (user) return { user, group }
    }
    return null
  }

  /** Whether the user in the drawer may still be loading. */
  get userLoading(): boolean {
    return this.query.fetching || this.#all.first.fetching
  }
}
