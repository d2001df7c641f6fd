import { afterEach, vi } from 'vitest'

// Nothing has a size without a browser that draws it.
Element.prototype.scrollIntoView = vi.fn()

afterEach(() => {
  vi.useRealTimers()
  vi.clearAllMocks()
})
