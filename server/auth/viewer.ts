/** Who asks. Every service method takes one, so that rules and the activity log know. */
export interface Viewer {
  /** The name the activity log shows. */
  readonly name: string
  readonly role: 'organiser'
}

/** Whoever can reach a server without a login: the organiser. */
export const organiser: Viewer = { name: 'organiser', role: 'organiser' }

/** THON itself: sweeps, and what the engine reports. */
export const system: Viewer = { name: 'THON', role: 'organiser' }
