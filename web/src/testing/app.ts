/* What components import from SvelteKit's `$app/…`, for tests: vitest.config.ts puts it in their place. */
import { vi } from 'vitest'

/** `$app/env`. */
export const browser = true

/** `$app/navigation`. */
export const goto = vi.fn(() => Promise.resolve())
export const beforeNavigate = vi.fn()

/** `$app/paths`. */
export const resolve = (path: string): string => path
export const asset = (path: string): string => `/${path}`

/** `$app/state`; tests set its URL. */
export const page = { url: new URL('http://thon.test/'), route: { id: '/' }, status: 200 }
