import type { Client, TypedDocumentNode } from '@urql/svelte'

type NoVariables = Record<string, never>

/**
 * Follows a subscription for as long as the tab lives; the socket begins it anew after every loss of the link.
 * @returns the function that stops following
 */
export function follow<Data>(
  client: Client,
  subscription: TypedDocumentNode<Data, NoVariables>,
  onFrame: (frame: Data) => void,
): () => void {
  const { unsubscribe } = client.subscription(subscription, {}).subscribe(({ data }) => {
    if (data) onFrame(data)
  })
  return unsubscribe
}
