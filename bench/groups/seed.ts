import { openDb } from '../../server/db/client.ts'

const GROUPS = 100
const USERS = 10

/** Fills a new database with 100 groups of 10 users, each with a stopped instance. */
export async function seed(dbPath: string): Promise<void> {
  const { db } = await openDb(dbPath)
  const groups = Array.from({ length: GROUPS }, (_, index) => ({ id: crypto.randomUUID(), name: `Team ${index + 1}` }))
  const users = groups.flatMap((group) =>
    Array.from({ length: USERS }, (_, index) => {
      const username = `user-${index + 1}`
      const volume = `thon-workspace-${group.id}-${username}`
      return { id: crypto.randomUUID(), groupId: group.id, username, email: `${username}@example.org`, volume }
    }),
  )
  const instances = users.map((user) => ({
    ...{ group: groups.find(({ id }) => id === user.groupId)!.name, username: user.username, userId: user.id },
    ...{ search: '', state: 'Terminated' as const, port: 8443, secure: false, image: 'none', volume: user.volume },
    ...{ engine: 'docker' as const, endedAt: new Date() },
  }))
  await db.group.createMany({ data: groups })
  await db.user.createMany({ data: users })
  await db.instance.createMany({ data: instances })
  await db.$disconnect()
}
