import type { Handle, HandleFetch } from '@sveltejs/kit/hooks'

/** Headers of pages; and which header of a load's fetch the browser is told when it replays it. */
export const handle: Handle = async ({ event, resolve }) => {
  const response = await resolve(event, {
    filterSerializedResponseHeaders: (name) => name === 'content-type',
  })
  // Pages carry live data, and may carry secrets: no cache may keep them.
  if (response.headers.get('content-type')?.startsWith('text/html')) response.headers.set('cache-control', 'no-store')
  return response
}

/** Server-side rendering asks GraphQL in this process; under the Vite dev server, where nobody offers that, over HTTP. */
export const handleFetch: HandleFetch = ({ event, request, fetch }) => {
  const execute = event.platform?.req.thonFetch
  if (!execute || new URL(request.url).pathname !== '/graphql') return fetch(request)
  const cookie = event.request.headers.get('cookie')
  if (cookie) request.headers.set('cookie', cookie)
  return execute(request)
}
