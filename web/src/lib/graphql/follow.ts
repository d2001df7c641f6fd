import type { Client, TypedDocumentNode } from '@urql/svelte'

type NoVariables = Record<string, never>

/** Follows a subscription until the returned function is called; the socket starts it again after every reconnect. */
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
