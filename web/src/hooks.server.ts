import type { Handle, HandleFetch } from '@sveltejs/kit/hooks'

const PAGE_HEADERS = [
  // Pages carry live data, and may carry secrets: no cache may keep them.
  ['cache-control', 'no-store'],
  // A sandbox opened from here cannot reach this window.
  ['cross-origin-opener-policy', 'same-origin'],
  ['permissions-policy', 'camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()'],
] as const

/** Sets the headers of pages, and keeps the one header of a fetch that the browser needs when it replays the load. */
export const handle: Handle = async ({ event, resolve }) => {
  const response = await resolve(event, {
    filterSerializedResponseHeaders: (name) => name === 'content-type',
  })
  if (response.headers.get('content-type')?.startsWith('text/html'))
    for (const [name, value] of PAGE_HEADERS) response.headers.set(name, value)
  return response
}

/** Server-side rendering asks GraphQL in this process; under the Vite dev server, which has no such shortcut, over HTTP. */
export const handleFetch: HandleFetch = ({ event, request, fetch }) => {
  const execute = event.platform?.req.thonFetch
  if (!execute || new URL(request.url).pathname !== '/graphql') return fetch(request)
  const cookie = event.request.headers.get('cookie')
  if (cookie) request.headers.set('cookie', cookie)
  return execute(request)
}
