import { browser } from '$app/env'
import {
  Client,
  fetchExchange,
  mapExchange,
  subscriptionExchange,
  type AnyVariables,
  type ExecutionResult,
  type TypedDocumentNode,
} from '@urql/svelte'
import { cacheExchange } from '@urql/exchange-graphcache'
import { cacheOptions } from './cache.ts'
import { connection } from './connection.svelte.ts'
import { isSignedOut } from './errors.ts'
import { freshness } from './freshness.ts'
import { openSocket, subscribeForEver } from './socket.ts'

type Fetch = typeof globalThis.fetch

let tab: Client | undefined
let hydrated = false

/**
 * The client a load reads with: on the server a new one for each request, in the browser the one of the tab.
 * Components get it from `getContextClient()`, everything else in the browser from `tabClient()`.
 */
export function clientFor(fetch: Fetch): Client {
  if (browser) return (tab ??= makeTabClient(fetch))
  return new Client({ ...options, fetch, exchanges: [cacheExchange(cacheOptions), fetchExchange] })
}

/** The tab's client, for mutations: by then a load has created it. */
export function tabClient(): Client {
  if (!tab) throw new Error('The client exists only in the browser, after the first load.')
  return tab
}

/** From here on requests go to the network: the page has used up what the server put into it. */
export function endHydration(): void {
  hydrated = true
}

/** How long a navigation waits for its data before it shows the page without. */
const PATIENCE = 200

/**
 * For a page's load: gets the query into the cache, so that the first paint has the data. Server-side rendering and
 * hydration wait for it; a later navigation only for a moment, after which the page shows that it is loading.
 */
export async function prime<Data, Variables extends AnyVariables>(
  client: Client,
  query: TypedDocumentNode<Data, Variables>,
  variables: Variables,
): Promise<void> {
  const read = client.query<Data, Variables>(query, variables).toPromise()
  if (!hydrated) await read
  else await Promise.race([read, new Promise((resolve) => setTimeout(resolve, PATIENCE))])
}

const options = { url: '/graphql', preferGetMethod: false } as const

function makeTabClient(fetch: Fetch): Client {
  // Opened with the first subscription: the login page has none, and would be refused.
  let socket: ReturnType<typeof openSocket> | undefined
  const signedOut = mapExchange({
    onError: (error) => {
      if (!isSignedOut(error)) return
      connection.end()
      // Rejects with the failure of a connection that is being opened, which no longer matters.
      Promise.resolve(socket?.dispose()).catch(() => undefined)
    },
  })
  return new Client({
    ...options,
    // Kit's fetch of the first load replays what the server fetched; later requests go to the network.
    fetch: (input, init) => (hydrated ? globalThis.fetch : fetch)(input, init),
    exchanges: [
      cacheExchange(cacheOptions),
      freshness.exchange,
      signedOut,
      fetchExchange,
      subscriptionExchange({
        forwardSubscription: ({ query = '', variables }) => ({
          subscribe: (sink) => ({
            unsubscribe: subscribeForEver((socket ??= openSocket()), { query, variables }, (frame) =>
              sink.next(frame as ExecutionResult),
            ),
          }),
        }),
      }),
    ],
  })
}
