import { TIMEOUT_MS, DockerClient } from './client.ts'
import { listClaims, livingClaims } from './claims.ts'
import { LABEL } from './spec.ts'
import type { DockerConnection } from '../../config/env.ts'
import type { DatabaseFile } from '../identity.ts'

/** What a database without an id knows of its past. */
export interface FormerIdentity {
  database: DatabaseFile
  /** Ids of its instances: their containers carry the id that it had. */
  instanceIds: ReadonlySet<string>
  /** The id that versions before 0.2.0 computed from the path of the database; null for a new database. */
  byPath: string | null
}

/**
 * The id that this database's containers or networks carry, so that it keeps them: that of its instances, else the one of
 * its path, else that of a database that was lost from the same place. Null: none.
 * Throws as the port says.
 */
export async function nodeInDocker(connection: DockerConnection, former: FormerIdentity): Promise<string | null> {
  const client = new DockerClient(connection)
  try {
    const claims = await listClaims(client)
    const living = new Set((await livingClaims(client, claims)).map(({ node }) => node))
    const containers = await client.request(TIMEOUT_MS.inspect, (docker, abortSignal) =>
      docker.listContainers({ all: true, filters: { label: [LABEL.instance, LABEL.node] }, abortSignal }),
    )
    const ofInstances = containers.find(({ Labels }) => former.instanceIds.has(Labels[LABEL.instance] ?? ''))
    const carried = ofInstances?.Labels[LABEL.node]
    if (carried && !living.has(carried)) return carried
    const { byPath, database } = former
    // A claimed id belongs to another database, whose path reads the same.
    if (byPath !== null && claims.every(({ node }) => node !== byPath)) {
      const networks = await client.request(TIMEOUT_MS.inspect, (docker, abortSignal) =>
        docker.listNetworks({ filters: { label: [`${LABEL.node}=${byPath}`] }, abortSignal }),
      )
      if (networks.length > 0 || containers.some(({ Labels }) => Labels[LABEL.node] === byPath)) return byPath
    }
    const lost = claims.find(
      (claim) =>
        !living.has(claim.node) &&
        claim.database.path === database.path &&
        claim.database.host === database.host &&
        claim.database.folder === database.folder,
    )
    return lost?.node ?? null
  } finally {
    client.close()
  }
}
