import type { Difference, Differences } from '../kit/conformance/difference.ts'
import { changed, invalid, refused } from './listed.ts'

const LIMITS = 'limits are positive integers'
const SEEN = 'running is what was observed'
const AUTHENTICATION = /^APISIX Admin API authentication failed/
const UNREACHABLE = /^Cannot connect to APISIX Admin API at /

const notRunning = changed(16, SEEN, { '/running': false })

function refusedKey(): Difference {
  return refused(16, 'a refused key is told from a bug', 502, AUTHENTICATION)
}

function unreachable(): Difference {
  return refused(16, 'an unreachable gateway is not hidden', 502, UNREACHABLE)
}

/** Without an Admin key the gateway is not asked. */
export const nokey: Differences = {
  status: notRunning,
  ...Object.fromEntries(
    ['consumers', 'create consumer', 'delete consumer', 'setup', 'cleanup', 'route create', 'route delete'].map(
      (step) => [step, refusedKey()],
    ),
  ),
}

/** What is not used is not running. */
export const disabled: Differences = { status: notRunning }

/** Nobody listens. */
export const away: Differences = {
  ...Object.fromEntries(['consumers', 'cleanup', 'route delete'].map((step) => [step, unreachable()])),
  'create consumer rate_limit 0': invalid(16, LIMITS, [[['body', 'rate_limit'], 0]]),
  'create consumer time_window 0': invalid(16, LIMITS, [[['body', 'time_window'], 0]]),
}
