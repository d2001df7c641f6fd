import type { Attachment } from 'svelte/attachments'
import { on } from 'svelte/events'

/** What the one tooltip of the page shows, and next to what. `Tooltip.svelte` draws it. */
export const tip = $state<{ text: string; anchor: DOMRect | null }>({ text: '', anchor: null })

const DELAY = 350

/**
 * `{@attach tooltip('Pause')}`: says a few words on hover and on keyboard focus. One tooltip serves the page, so that a
 * thousand rows of buttons cost a thousand listeners, not a thousand components.
 */
export function tooltip(text: string): Attachment<HTMLElement> {
  return (element) => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const show = () => {
      tip.text = text
      tip.anchor = element.getBoundingClientRect()
    }
    const enter = (event: PointerEvent) => {
      if (event.pointerType === 'mouse') timer = setTimeout(show, DELAY)
    }
    const focus = () => element.matches(':focus-visible') && show()
    const hide = () => {
      clearTimeout(timer)
      if (tip.text === text) tip.anchor = null
    }
    const listeners = { pointerenter: enter, focus, pointerleave: hide, blur: hide, pointerdown: hide, keydown: hide }
    // Svelte's own: a focused element that is removed blurs in the middle of an update, where state may not be set.
    const offs = Object.entries(listeners).map(([name, listener]) => on(element, name, listener as EventListener))
    return () => {
      hide()
      for (const off of offs) off()
    }
  }
}
