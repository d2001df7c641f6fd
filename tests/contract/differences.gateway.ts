import type { Difference, Differences } from '../kit/conformance/difference.ts'
import { changed, invalid, refused } from './listed.ts'

const LIMITS = 'limits are positive integers'
const OBSERVED = 'running says whether APISIX answers'
const AUTHENTICATION = /^APISIX Admin API authentication failed/
const UNREACHABLE = /^Cannot connect to APISIX Admin API at /

const notRunning = changed(16, OBSERVED, { '/running': false })

function refusedKey(): Difference {
  return refused(16, 'a refused key is not reported as a bug', 502, AUTHENTICATION)
}

function unreachable(): Difference {
  return refused(16, 'an unreachable gateway is not hidden', 502, UNREACHABLE)
}

/** Without an Admin key THON sends no requests. */
export const nokey: Differences = {
  status: notRunning,
  ...Object.fromEntries(
    ['consumers', 'create consumer', 'delete consumer', 'setup', 'cleanup', 'route create', 'route delete'].map(
      (step) => [step, refusedKey()],
    ),
  ),
}

/** A gateway that is turned off is not running. */
export const disabled: Differences = { status: notRunning }

/** Nothing listens. */
export const offline: Differences = {
  ...Object.fromEntries(['consumers', 'cleanup', 'route delete'].map((step) => [step, unreachable()])),
  'create consumer rate_limit 0': invalid(16, LIMITS, [[['body', 'rate_limit'], 0]]),
  'create consumer time_window 0': invalid(16, LIMITS, [[['body', 'time_window'], 0]]),
}

const ROUTE = 'OpenAI clients authenticate with Authorization, and usage is counted'
const REFUSED = 'they were refused'

function route(endpoint: string, model?: string): Difference {
  const instance = {
    ...{ name: 'lemonade-instance', provider: 'openai-compatible', weight: 100, override: { endpoint } },
    ...(model && { options: { model } }),
  }
  const plugins = {
    'key-auth': { header: 'Authorization', hide_credentials: true },
    'ai-proxy-multi': { timeout: 600_000, instances: [instance] },
    prometheus: {},
  }
  const times = { create_time: 1_767_323_045, update_time: 1_767_323_045 }
  return changed(16, ROUTE, {
    '/route/value': {
      ...{ uri: '/v1/chat/completions', methods: ['POST'], id: 'ai-gateway-route', plugins, ...times },
      ...{ name: 'thon-ai-gateway', desc: 'Made by THON: models for everybody with a key' },
    },
  })
}

function unknown(username: string): Difference {
  return refused(
    16,
    'deleting an unknown consumer is an error',
    404,
    `There is no consumer ${username}. It may have been deleted.`,
  )
}

/** An APISIX that accepts everything. */
export const fake: Differences = {
  'negative rate accepted': invalid(16, LIMITS, [
    [['body', 'rate_limit'], -5],
    [['body', 'time_window'], -1],
  ]),
  'rate_limit 0': invalid(16, LIMITS, [[['body', 'rate_limit'], 0]]),
  'empty username accepted': invalid(16, 'APISIX does not accept this name', [[['body', 'username'], '']]),
  consumers: changed(16, REFUSED, {}, ['/4', '/5']),
  'delete again': unknown('dan'),
  'delete name with space': unknown('a b'),
  'delete name with query char': unknown('ann?force=1'),
  'route create': route('http://127.0.0.1:13305/v1/chat/completions'),
  'route create with key and model': route('http://h/v1/chat/completions', 'm'),
  'route create empty url accepted': invalid(16, 'an empty address cannot be reached', [
    [['body', 'lemonade_url'], ''],
  ]),
  'status with route': changed(16, REFUSED, { '/consumers_count': 3 }),
  'group 2 (empty)': {
    ...invalid(13, 'this is not a name', [[['body', 'name'], 'g 2/ü']], /^Value error, must be 1 to 64 letters/),
    gone: ['g2'],
  },
  'setup per-group': {
    row: 16,
    why: 'a group without users is skipped',
    edit: { like: { step: 'setup per-group, no empty group' } },
  },
  'setup rate_limit 0': invalid(16, LIMITS, [[['body', 'rate_limit'], 0]]),
  'consumers after setup': changed(
    16,
    'refused consumers do not exist, and `ann?force=1` did not delete ann',
    {
      ...{ '/0/username': 'ann', '/1/username': 'bob', '/2/username': 'cy' },
      ...{ '/2/rate_limit': 500, '/2/time_window': 60 },
    },
    ['/3'],
  ),
  status: changed(16, REFUSED, { '/consumers_count': 6 }),
  'status, upstream 401': notRunning,
  'consumers, upstream 401': refusedKey(),
  'create, upstream 401': refusedKey(),
  'consumers, upstream 500': refused(16, 'errors are not hidden', 502, /^APISIX Admin API error 500 for GET/),
  'cleanup, upstream 500': refused(16, 'errors are not hidden', 502, /^APISIX Admin API error 500 for GET/),
  'consumers, upstream not JSON': refused(16, 'errors are not hidden', 502, /unreadable answer for GET/),
  'status end': changed(16, REFUSED, { '/consumers_count': 0 }),
}
