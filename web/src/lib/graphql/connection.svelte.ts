/** Whether this tab is connected to the server, and how old its data may be. One for the tab; the socket writes it. */
class Connection {
  /** `never` until the first connection; `ended` after a sign-out, which only another page can change. */
  status = $state<'never' | 'connected' | 'lost' | 'ended'>('never')
  /** Since when it has that status, in milliseconds since the epoch. */
  since = $state(Date.now())
  /** When the server was last heard before the connection was lost; what is shown is from then. */
  lastSyncAt = $state(Date.now())

  /** This tab is navigating to another page, where the end of the session is expected. */
  leaving = false

  // Written with every frame, so it is not reactive: it is not shown while the connection is up.
  #heardAt = Date.now()

  /** Something arrived from the server. */
  heard(): void {
    this.#heardAt = Date.now()
  }

  /** Milliseconds since the server was last heard. */
  get silence(): number {
    return Date.now() - this.#heardAt
  }

  connected(): void {
    this.heard()
    this.#become('connected')
  }

  lost(): void {
    this.lastSyncAt = this.#heardAt
    this.#become(this.status === 'never' ? 'never' : 'lost')
  }

  /** The session ended: nothing arrives after this. */
  end(): void {
    if (this.leaving) return
    this.lastSyncAt = this.#heardAt
    this.#become('ended')
  }

  #become(status: Connection['status']): void {
    if (this.status === status || this.status === 'ended') return
    this.status = status
    this.since = Date.now()
  }
}

/** The tab's connection. */
export const connection = new Connection()
