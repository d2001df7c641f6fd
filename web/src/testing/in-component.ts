import { render } from '@testing-library/svelte'
import type { Client } from '@urql/svelte'
import InComponent from './InComponent.svelte'

/**
 * Creates something inside a component that has the client in its context, as pages do.
 * @returns it, and the function that destroys the component
 */
export function inComponent<Made>(create: () => Made, client?: Client): { made: Made; destroy: () => void } {
  const results: Made[] = []
  const context = client && new Map<unknown, unknown>([['$$_urql', client]])
  const { unmount } = render(InComponent, { props: { create: () => void results.push(create()) }, context })
  const made = results[0]
  if (made === undefined) throw new Error('The component was not created.')
  return { made, destroy: unmount }
}
