import { goto } from '$app/navigation'
import { page } from '$app/state'

/**
 * Search, filter, sort, page and what is open live in the URL, so that every view has an address. Sets parameters,
 * and removes those given as null or empty; focus and scroll stay where they are.
 * @param push add a step to the browser's history: for opening something and for paging, not for typing and sorting
 */
export function setParams(changes: Record<string, string | number | readonly string[] | null>, push = false): void {
  const params = new URLSearchParams(page.url.searchParams.toString())
  for (const [name, value] of Object.entries(changes)) {
    params.delete(name)
    const values = Array.isArray(value) ? (value as readonly string[]) : [value === null ? '' : String(value)]
    for (const one of values) if (one !== '') params.append(name, one)
  }
  const search = params.toString()
  // eslint-disable-next-line svelte/no-navigation-without-resolve -- it is the same page
  void goto(search ? `?${search}` : page.url.pathname, { replace: !push, reset: false })
}
