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

/** The navigation of each role, in its order; the first page is where they begin. A page is listed once it works. */
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

/** The pages that somebody may see; none while it is not known who they are. */
export function placesOf(role: Role | undefined): Place[] {
  return role ? places[role] : []
}

/** Where somebody begins. */
export function homeOf(role: Role | undefined): Place['path'] {
  return placesOf(role)[0]?.path ?? '/instances'
}

/** Whether a page is for whoever comes, before anybody knows who they are: it has no navigation, and follows nothing. */
export function isBare(route: string | null): boolean {
  return route === '/login' || route === '/enter'
}
