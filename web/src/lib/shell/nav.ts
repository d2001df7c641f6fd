import Boxes from '@lucide/svelte/icons/boxes'
import History from '@lucide/svelte/icons/history'
import Users from '@lucide/svelte/icons/users'
import type { IconComponent } from '#lib/ui/icon.ts'

/** One page of the dashboard. */
export interface Place {
  path: '/instances' | '/groups' | '/activity'
  label: string
  icon: IconComponent
}

/** The navigation, in its order. A page is listed once it works: Lemonade, Gateway and Settings belong after Groups. */
export const places: Place[] = [
  { path: '/instances', label: 'Instances', icon: Boxes },
  { path: '/groups', label: 'Groups', icon: Users },
  { path: '/activity', label: 'Activity', icon: History },
]
