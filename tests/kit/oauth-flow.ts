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

/** The callback of a provider, on a server that does not exist. */
export function redirectUriOf(provider: ProviderName): string {
  return `https://hall.example/api/auth/callback/${provider}`
}

/** The service with its own database, providers that check what they receive, and a clock that can be moved. */
export interface Flow {
  at: OAuthStandIn
  db: Db
  service: OAuthService
  /** Moves the clock forward. */
  later(milliseconds: number): void
  /** Starts a sign-in and agrees at the provider. @returns the query of the callback */
  visitProvider(provider: ProviderName, goTo?: string): Promise<{ code: string; state: string }>
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
    async visitProvider(provider, goTo = '/') {
      const { authorizationUrl } = await service.begin(provider, { redirectUri: redirectUriOf(provider), goTo })
      const { code, state } = Object.fromEntries((await at.visit(authorizationUrl)).searchParams)
      return { code: code!, state: state! }
    },
  }
}

/** The AppError that a promise rejects with. @throws when it resolves, or rejects with anything else */
export async function refused(running: Promise<unknown>): Promise<AppError> {
  const [outcome] = await Promise.allSettled([running])
  if (outcome.status === 'fulfilled') throw new Error(`was not refused: ${JSON.stringify(outcome.value)}`)
  if (outcome.reason instanceof AppError) return outcome.reason
  throw outcome.reason
}
