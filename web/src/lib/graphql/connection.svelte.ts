/** Whether this tab is connected to the server, and how old its data may be. One for the tab; the socket writes it. */
class Connection {
  /** `never` until the first connection; `ended` when one was signed out, which only another page can change. */
  status = $state<'never' | 'connected' | 'lost' | 'ended'>('never')
  /** Since when it has that status, in milliseconds since the epoch. */
  since = $state(Date.now())
  /** Last sign of life from the server before the link was lost; what is shown is as of then. */
  lastSyncAt = $state(Date.now())

  /** This tab is on its way to another page, where the end of the session is no news. */
  leaving = false

  // Written with every frame, so it is not reactive: nobody needs it while the link is up.
  #heardAt = Date.now()

  /** The server was heard. */
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

  /** One is signed out: nothing comes any more. */
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
