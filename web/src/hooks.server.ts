import type { Handle, HandleFetch } from '@sveltejs/kit/hooks'

const PAGE_HEADERS = [
  // Pages carry live data, and may carry secrets: no cache may keep them.
  ['cache-control', 'no-store'],
  // A sandbox that was opened from here gets no hold of this window.
  ['cross-origin-opener-policy', 'same-origin'],
  ['permissions-policy', 'camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()'],
] as const

/** Headers of pages; and which header of a load's fetch the browser is told when it replays it. */
export const handle: Handle = async ({ event, resolve }) => {
  const response = await resolve(event, {
    filterSerializedResponseHeaders: (name) => name === 'content-type',
  })
  if (response.headers.get('content-type')?.startsWith('text/html'))
    for (const [name, value] of PAGE_HEADERS) response.headers.set(name, value)
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
