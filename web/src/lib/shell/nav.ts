import AppWindow from '@lucide/svelte/icons/app-window'
import Boxes from '@lucide/svelte/icons/boxes'
import Citrus from '@lucide/svelte/icons/citrus'
import History from '@lucide/svelte/icons/history'
import KeyRound from '@lucide/svelte/icons/key-round'
import Settings from '@lucide/svelte/icons/settings'
import Users from '@lucide/svelte/icons/users'
import type { Role } from '#lib/graphql/generated/graphql.ts'
import type { IconComponent } from '#lib/ui/icon.ts'

/** One page of the dashboard. */
export interface Place {
  path: '/instances' | '/groups' | '/lemonade' | '/gateway' | '/activity' | '/settings' | '/my'
  label: string
  icon: IconComponent
}

/** The navigation of each role, in order; the first page is the home page. */
const places: Record<Role, Place[]> = {
  ORGANIZER: [
    { path: '/instances', label: 'Instances', icon: Boxes },
    { path: '/groups', label: 'Groups', icon: Users },
    { path: '/lemonade', label: 'Lemonade', icon: Citrus },
    { path: '/gateway', label: 'Gateway', icon: KeyRound },
    { path: '/activity', label: 'Activity', icon: History },
    { path: '/settings', label: 'Settings', icon: Settings },
  ],
  PARTICIPANT: [{ path: '/my', label: 'My sandbox', icon: AppWindow }],
  WAITING: [],
  ANONYMOUS: [],
}

/** The pages of a role; none until the role is known. */
export function placesOf(role: Role | undefined): Place[] {
  return role ? places[role] : []
}

/** The home page of a role. */
export function homeOf(role: Role | undefined): Place['path'] {
  return placesOf(role)[0]?.path ?? '/instances'
}

/** Whether a page works before sign-in: it has no navigation and follows nothing. */
export function isBare(route: string | null): boolean {
  return route === '/login' || route === '/enter'
}
