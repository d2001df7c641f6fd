import type { TestApp } from './app.ts'

type Act = 'INSERT' | 'UPDATE'

/** From now on these writes to a table fail, as on a full disk. */
export async function fillDisk({ db }: Pick<TestApp, 'db'>, table: string, acts: Act[] = ['INSERT', 'UPDATE']) {
  for (const act of acts)
    await db.$executeRawUnsafe(
      `CREATE TRIGGER full_${table}_${act} BEFORE ${act} ON "${table}" BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END`,
    )
}

/** The statement that ends it for one kind of write. */
export function freeing(table: string, act: Act): string {
  return `DROP TRIGGER full_${table}_${act}`
}

/** From now on these writes work again. */
export async function freeDisk({ db }: Pick<TestApp, 'db'>, table: string, acts: Act[] = ['INSERT', 'UPDATE']) {
  for (const act of acts) await db.$executeRawUnsafe(freeing(table, act))
}
