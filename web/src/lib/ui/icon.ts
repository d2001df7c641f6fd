import type { Component } from 'svelte'

/** An icon of @lucide/svelte, imported as `@lucide/svelte/icons/<name>`. */
export type IconComponent = Component<{ size?: number | string; 'aria-hidden'?: 'true'; class?: string }>
