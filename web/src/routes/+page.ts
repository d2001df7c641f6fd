import { redirect } from '@sveltejs/kit'

/** The dashboard begins with the instances. */
export const load = () => redirect(307, '/instances')
