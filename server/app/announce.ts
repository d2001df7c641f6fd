import type { App } from './app.ts'
import { organizer } from '../core/viewer.ts'
import type { Env } from '../config/env.ts'

/** What a start prints: the addresses, and what it found. */
export function announcementText(env: Env, app: App): string {
  const engine = app.services.engine.view(organizer)
  const present = engine.info?.imagePresent ?? null
  const image =
    present === null
      ? engine.cannot.includes('images')
        ? 'not used'
        : engine.image
      : `${engine.image}${present ? '' : ' (not on this machine yet; pulled at the first start)'}`
  const [first, ...others] = app.urls
  const lines = [
    ['Dashboard', [first, ...others].join('  ')],
    ['GraphQL', `${first}/graphql`],
    ['Database', `${env.dbPath}${app.migrated.length > 0 ? ` (${app.migrated.length} migrations applied)` : ''}`],
    [
      'Engine',
      engine.connected
        ? `${engine.kind} ${engine.info?.version ?? ''}`.trim()
        : `${engine.kind}, unavailable: ${engine.message}`,
    ],
    ['Image', image],
    ['Login', login(env)],
  ]
  const notices = engine.notices.map((notice) => `  ! ${notice}`)
  return [
    '',
    'THON is ready.',
    '',
    ...lines.map(([what, value]) => `  ${what?.padEnd(10)} ${value}`),
    ...(notices.length ? ['', ...notices] : []),
    '',
  ].join('\n')
}

/** The same for programs. */
export function announcementJson(env: Env, app: App): object {
  const { kind, connected, info, message, image, notices } = app.services.engine.view(organizer)
  return {
    ...{ pid: process.pid, urls: app.urls, database: env.dbPath, migrated: app.migrated },
    ...{ engine: { kind, connected, version: info?.version ?? null, message, image }, login: login(env), notices },
  }
}

function login({ auth }: Env): string {
  const providers = Object.entries(auth.providers).flatMap(([name, one]) => (auth.enabled && one ? [name] : []))
  const ways = [...(auth.localPassword === null ? [] : ['local password']), ...providers]
  if (ways.length === 0) return 'off: anyone who can reach this address is an organizer'
  return `${ways.join(', ')}${auth.enabled ? '' : '; programs on this machine may use /api without it'}`
}
