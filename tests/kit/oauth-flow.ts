import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { ProviderName } from '../../server/auth/oauth/protocol.ts'
import { createProviders, OAuthService } from '../../server/auth/oauth/service.ts'
import { openDb, type Db } from '../../server/db/client.ts'
import { AppError } from '../../server/core/errors.ts'
import { oauthStandIn, type OAuthStandIn } from './oauth-provider.ts'

export const PROVIDERS = ['github', 'gitlab', 'linkedin'] as const

/** Where the callbacks would arrive, were there a server. */
export function redirectUriOf(provider: ProviderName): string {
  return `https://hall.example/api/auth/callback/${provider}`
}

/** The service on a database of its own, with providers that check what they receive, and a clock that can be set. */
export interface Flow {
  at: OAuthStandIn
  db: Db
  service: OAuthService
  /** Moves the clock on. */
  later(milliseconds: number): void
  /** Begins, and goes through the provider. @returns what the callback says */
  come(provider: ProviderName, goTo?: string): Promise<{ code: string; state: string }>
}

/** @param timeLimit milliseconds for each request to a provider */
export async function startFlow(timeLimit?: number): Promise<Flow> {
  const at = await oauthStandIn()
  const dir = mkdtempSync(join(tmpdir(), 'thon-oauth-db-'))
  const { db } = await openDb(join(dir, 'thon.db'))
  onTestFinished(async () => {
    await db.$disconnect()
    rmSync(dir, { recursive: true, force: true })
  })
  let passed = 0
  const now = () => Date.now() + passed
  const service = new OAuthService({ db, providers: createProviders(at.config(), timeLimit), now })
  return {
    at,
    db,
    service,
    later: (milliseconds) => void (passed += milliseconds),
    async come(provider, goTo = '/') {
      const { authorizationUrl } = await service.begin(provider, { redirectUri: redirectUriOf(provider), goTo })
      const { code, state } = Object.fromEntries((await at.visit(authorizationUrl)).searchParams)
      return { code: code!, state: state! }
    },
  }
}

/** The refusal that this ends in. @throws when it does not, or in anything that is none */
export async function refused(going: Promise<unknown>): Promise<AppError> {
  const [outcome] = await Promise.allSettled([going])
  if (outcome.status === 'fulfilled') throw new Error(`was not refused: ${JSON.stringify(outcome.value)}`)
  if (outcome.reason instanceof AppError) return outcome.reason
  throw outcome.reason
}
