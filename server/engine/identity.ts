/** Who a THON is on an engine that several may share. */
export interface EngineIdentity {
  /** Random and kept in the database: what this THON creates carries it, and it touches nothing with another one. */
  node: string
  /** The database that the id belongs to. */
  database: DatabaseFile
}

/** A database file on a machine, so that a copy of it is not taken for the file itself. */
export interface DatabaseFile {
  path: string
  /** Name of the machine, or of the container that THON runs in. */
  host: string
  /** Tells this file from every other, while the machine runs. One that is moved within a file system keeps it. */
  file: string
  /** Tells the folder from every other folder of the machine. */
  folder: string
}

/** The name of a volume for a server that may not use the one called `volume`, which belongs to another. */
export function ownVolumeName(volume: string, node: string): string {
  return `${volume}--${node}`
}

/** The database was copied, and the copy and the original must not both run. @param other where the other one is */
export function sameIdentity(own: DatabaseFile, other: Pick<DatabaseFile, 'path' | 'host'>): string {
  return `Another THON with the same identity is running: its database is ${other.path} on ${other.host}. One of the two databases is a copy of the other. Stop that THON (after a crash, wait a minute), or give ${own.path} an identity of its own with thon restore --new-identity.`
}
