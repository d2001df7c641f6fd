/**
 * Writes the next migration: `npm run migration -- <name>`. Prisma's schema engine compares prisma/migrations with prisma/schema.prisma
 * (in its WebAssembly build, because the native one has to be downloaded).
 *
 * usage: node scripts/migration.ts <name> | --check    --check fails when the two differ
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PrismaLibSql } from '@prisma/adapter-libsql'
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils'
import { SchemaEngine } from '@prisma/schema-engine-wasm'

const root = join(import.meta.dirname, '..', 'prisma')
const migrationsDir = join(root, 'migrations')
const argument = process.argv[2]
if (!argument) {
  console.error('usage: npm run migration -- <name> | --check')
  process.exit(2)
}

const schema = { content: readFileSync(join(root, 'schema.prisma'), 'utf8'), path: 'schema.prisma' }
const factory = new PrismaLibSql({ url: ':memory:' })
factory.connectToShadowDb = async () => {
  const shadow = await factory.connect()
  // The engine sends a whole migration as one query, of which libSQL would only run the first statement.
  const one = shadow.executeRaw.bind(shadow)
  shadow.executeRaw = async (query) => (query.args.length > 0 ? one(query) : (await shadow.executeScript(query.sql), 0))
  return shadow
}
const adapter = bindMigrationAwareSqlAdapterFactory(factory)
const engine = await SchemaEngine.new({ datamodels: [[schema.path, schema.content]] }, () => undefined, adapter)
const diff = await engine.diff({
  from: {
    tag: 'migrations',
    baseDir: migrationsDir,
    lockfile: { path: 'migration_lock.toml', content: 'provider = "sqlite"\n' },
    shadowDbInitScript: '',
    migrationDirectories: readMigrations(),
  },
  to: { tag: 'schemaDatamodel', files: [schema] },
  script: true,
  exitCode: true,
  filters: { externalTables: [], externalEnums: [] },
})

if (diff.exitCode === 0) {
  console.log('prisma/migrations agrees with prisma/schema.prisma')
} else if (argument === '--check') {
  console.error(
    `prisma/migrations is behind prisma/schema.prisma. Run: npm run migration -- <name>\n${diff.stdout ?? ''}`,
  )
  process.exitCode = 1
} else {
  write(argument, diff.stdout ?? '')
}

function readMigrations() {
  mkdirSync(migrationsDir, { recursive: true })
  return readdirSync(migrationsDir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort()
    .map((path) => ({
      path,
      migrationFile: {
        path: 'migration.sql',
        content: {
          tag: 'ok' as const,
          value: readFileSync(join(migrationsDir, path, 'migration.sql'), 'utf8'),
        },
      },
    }))
}

function write(name: string, sql: string) {
  const stamp = new Date().toISOString().replace(/\D/g, '').slice(0, 14)
  const dir = join(migrationsDir, `${stamp}_${name}`)
  mkdirSync(dir)
  writeFileSync(join(dir, 'migration.sql'), sql)
  writeFileSync(join(migrationsDir, 'migration_lock.toml'), 'provider = "sqlite"\n')
  console.log(`wrote ${dir}\n${sql}`)
}
