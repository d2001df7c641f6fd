import type { Difference, Differences } from '../kit/conformance/difference.ts'
import { callback, enabled } from './differences.auth.ts'
import { offline as gatewayOffline, disabled, fake as gateway, nokey } from './differences.gateway.ts'
import { fake as lemonade } from './differences.lemonade.ts'
import { changed, invalid, refused } from './listed.ts'

/*
 * Where THON answers differently from the Python system on purpose: by scenario and step, with the row of the contract's table of
 * defects. A step that is not listed must be answered as recorded, a listed one as it says here.
 */

const UNKNOWN = '00000000-0000-4000-8000-000000000000'
const UNAVAILABLE = /^Sandbox server unavailable/
const LATER = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z$/
const LONG = 'x'.repeat(300)
const UNICODE = '日本語 Ünïcode 🎉'

const NAMES = 'this is not a name'
const OWN_ENGINE = 'the advice is about THON’s own engine'

function badName(field: string, input: string): Difference {
  return invalid(13, NAMES, [[['body', field], input]], /^Value error, must be 1 to 64 letters/)
}

function unavailable(row = 6): Difference {
  return refused(row, OWN_ENGINE, 503, UNAVAILABLE)
}

function unknownInstance(): Difference {
  return refused(6, 'there is no such instance', 404, `Instance ${UNKNOWN} not found`)
}

function illegal(why: string): Difference {
  return refused(6, why, 409, /^Cannot /)
}

function hasOne(who: string, id: string, why: string): Difference {
  return refused(9, why, 409, `User ${who} already has instance ${id}`)
}

function results(row: number, why: string, all: object[]): Difference {
  return { row, why, answer: { status: 200, body: { results: all } } }
}

/** Why a bulk command failed for one of them. */
function failed(id: string, error: unknown): object {
  return { id, status: 'error', error }
}

const crud: Differences = {
  'empty name accepted': badName('name', ''),
  'blank name accepted': badName('name', '   '),
  'unicode name': badName('name', UNICODE),
  '300-character name': badName('name', LONG),
  // Group g6 is renamed later; Alpha takes its place there.
  'slash in name': { ...badName('name', 'a/b'), stands: { g6: 'g2' } },
  'html in name': badName('name', '<script>alert(1)</script>'),
  'path traversal name': badName('name', '../../etc'),
  'lone surrogate escape': badName('name', '\ud800'),
  'NUL in name': badName('name', 'nul\0x'),
  'rename to existing name': refused(14, 'the name is taken', 409, /^Group 'Alpha' already exists/),
  'rename to empty': badName('name', ' '),
  list: changed(
    13,
    'groups with invalid names were not created',
    {},
    ['2', '3', '4', '5', '6', '7', '8', '12'].map((at) => `/${at}`),
  ),
  export: changed(
    13,
    'groups with invalid names were not created',
    {},
    ['', '   ', UNICODE, LONG, ' ', '<script>alert(1)<~1script>', '..~1..~1etc', 'nul\0x'].map(
      (name) => `/groups/${name}`,
    ),
  ),
}

const usersNotCreated = changed(13, 'users with invalid names or e-mail addresses were not created', { '/total': 3 }, [
  '/users/2',
  '/users/4',
  '/users/5',
  '/users/6',
])

const users: Differences = {
  'unknown group accepted': refused(14, 'there is no such group', 404, 'Group no-such-group not found'),
  'bad email accepted': invalid(14, 'this is not an e-mail address', [[['body', 'email'], 'not an email']]),
  'empty username accepted': badName('username', ''),
  'unicode username': badName('username', UNICODE),
  'long username': badName('username', LONG),
  'empty group_id': refused(14, 'there is no such group', 404, 'Group  not found'),
  list: usersNotCreated,
  'list by group': usersNotCreated,
  'list by unknown group': changed(14, 'a group that does not exist has no users', { '/total': 0 }, ['/users/0']),
  'list group_id empty = no filter': usersNotCreated,
  'list unknown param ignored': usersNotCreated,
  'patch email null cannot clear': changed(14, 'null clears the address', { '/email': null }),
  'patch duplicate username': refused(14, 'the name is taken', 409, /^User bob already exists/),
  'launch, server offline': unavailable(),
}

const offline: Differences = {
  get: unavailable(),
  create: unavailable(),
  'create {}': unavailable(),
  delete: unavailable(),
  pause: unavailable(),
  resume: unavailable(),
  renew: unavailable(),
  register: unavailable(),
  'bulk pause': results(5, 'the bulk route is reached', [
    failed(UNKNOWN, new RegExp(`^Failed to pause ${UNKNOWN}: Sandbox server unavailable`)),
    failed('x', /^Failed to pause x: Sandbox server unavailable/),
  ]),
  'bulk pause no body': refused(5, 'the bulk route is reached, and reads its body', 422, [
    { type: 'missing', loc: ['body'], msg: 'Field required', input: null },
  ]),
  'bulk resume': results(5, 'the bulk route is reached', [
    failed(UNKNOWN, new RegExp(`^Failed to resume ${UNKNOWN}: Sandbox server unavailable`)),
    failed('x', /^Failed to resume x: Sandbox server unavailable/),
  ]),
  'bulk register': results(5, 'the bulk route is reached', [
    failed(UNKNOWN, new RegExp(`^Failed to register ${UNKNOWN}: Sandbox server unavailable`)),
  ]),
  'bulk kill': changed(6, OWN_ENGINE, {
    '/results/0/error': new RegExp(`^Failed to kill ${UNKNOWN}: Sandbox server unavailable`),
    '/results/1/error': /^Failed to kill x: Sandbox server unavailable/,
  }),
}

const midway: Differences = {
  '[relay cut] list': { row: 8, why: 'the last known state is shown', edit: { like: { step: '[relay back] list' } } },
  '[relay cut] get': {
    row: 8,
    why: 'the last known state is shown',
    edit: { like: { step: '[relay back] list', at: '/instances/0' } },
  },
  '[relay cut] user shows Unknown': changed(8, 'the last known state is shown', { '/instance_state': 'Running' }),
  '[relay cut] users list shows null': changed(8, 'the last known state is shown', {
    '/users/0/instance_state': 'Running',
  }),
  '[relay cut] kill': unavailable(),
  '[relay cut] stop user': unavailable(),
  '[relay back] second instance for the same user and volume': {
    ...hasOne('team/ann', '${i}', 'the first was never lost'),
    stands: { i2: 'i' },
  },
  '[relay back] list both': changed(9, 'there is no second one', { '/total': 1 }, ['/instances/1']),
}

const renewed = (timeout_minutes: number): Difference => ({
  row: 7,
  why: 'renew works',
  answer: { status: 200, body: { status: 'renewed', id: '${i1}', timeout_minutes } },
})

const badTimeout = (minutes: number) =>
  invalid(7, 'a time to live is 1 to 525600 minutes', [[['body', 'timeout_minutes'], minutes]])

const upstream: Differences = {
  renew: renewed(5),
  register: changed(7, 'it was renewed before', { '/expires_at': LATER }),
}

const annHasOne = hasOne('team/ann', '${ius}', 'the same text from create, launch and recreate')

/** Ann's, p/str and sec's first are stopped by then; the Python system lost the first and kept the others. */
const LEFT_OUT = ['3', '4', '5', '6', '7', '9'].map((at) => `/instances/${at}`)
const LEFT = {
  '/instances/0/metadata/port': '9000',
  '/instances/1/metadata/port': '8443',
}
const REGISTERED = { group: 'a', username: 'b', email: '' }

const real: Differences = {
  'create same unknown user twice: allowed': {
    ...hasOne('free/lance', '${i1}', 'also for users who are not in the database'),
    // It is killed later; p/str is, in its place.
    stands: { i4: 'i5' },
  },
  'create port 0': invalid(6, 'this is not a port', [[['body', 'port'], 0]]),
  'create port 70000': invalid(6, 'this is not a port', [[['body', 'port'], 70_000]]),
  'create unicode group': badName('group', 'ü🎉'),
  'create long username': badName('username', 'x'.repeat(80)),
  'create empty names': {
    ...invalid(13, NAMES, [
      [['body', 'group'], ''],
      [['body', 'username'], ''],
    ]),
    // The next older one takes its place on the second page.
    stands: { iE: 'i3' },
  },
  'create with shell in name': badName('username', '$(id)'),
  'launch again': annHasOne,
  'create for user that has an instance': annHasOne,
  'list all': changed(9, 'neither second instances nor those with bad names or ports were created', { '/total': 6 }, [
    '/instances/3',
    '/instances/4',
    '/instances/5',
    '/instances/6',
  ]),
  'list page_size 2': changed(9, 'fewer were created', { '/total': 6 }),
  'list page 2': changed(9, 'fewer were created', {
    '/total': 6,
    '/instances/1/user': { group: 'default', username: 'workspace', email: '' },
    '/instances/1/metadata/group': 'default',
    '/instances/1/metadata/username': 'workspace',
  }),
  'list page beyond end': changed(9, 'fewer were created', { '/total': 6 }),
  'launch again after a filtered list': annHasOne,
  'create again after a filtered list: one-instance rule is lost': refused(
    8,
    'listing changes nothing',
    409,
    'User team/ann already has instance ${ius}',
  ),
  'pause again': illegal('it is paused'),
  'resume again': illegal('it runs'),
  'pause unknown': unknownInstance(),
  'resume unknown': unknownInstance(),
  'renew default': renewed(60),
  'renew 5': renewed(5),
  'renew 0': badTimeout(0),
  'renew negative': badTimeout(-5),
  'renew huge': badTimeout(1_000_000_000_000),
  'renew unknown': unknownInstance(),
  'get after renew': changed(7, 'renew works', { '/expires_at': LATER }),
  'get unknown': unknownInstance(),
  register: hasOne('team/bob', '${iu2}', 'registering for a user gives it to that user'),
  'get registered': changed(9, 'it was not registered', { '/user/group': 'default', '/user/username': 'workspace' }),
  'register unknown': unknownInstance(),
  'bulk register (shadowed)': results(5, 'the bulk route is reached', [{ id: '${i3}', status: 'registered' }]),
  'bulk pause (shadowed)': results(5, 'the bulk route is reached', [{ id: '${i1}', status: 'paused' }]),
  'bulk resume (shadowed)': results(5, 'the bulk route is reached', [
    { id: '${i1}', status: 'resumed', state: 'Running' },
  ]),
  'bulk kill one good one bad': changed(6, 'the engine is not asked for unknown instances', {
    '/results/1/error': `Failed to kill ${UNKNOWN}: Instance ${UNKNOWN} not found`,
    '/results/2/error': 'Failed to kill bad id: Instance bad id not found',
  }),
  'kill again': illegal('it is stopped'),
  'get killed': {
    row: 6,
    why: 'the last state is known',
    edit: {
      like: { step: 'get paused' },
      without: ['/metadata/opensandbox.io~1embedding-proxy-port', '/metadata/opensandbox.io~1http-port'],
      // Nothing is published anymore.
      values: {
        '/state': 'Terminated',
        '/port': 0,
        '/endpoint': null,
        '/local_url': null,
        '/url': null,
        '/expires_at': LATER,
      },
    },
  },
  'recreate killed': changed(10, 'the container port is kept', { '/metadata/port': '8443' }),
  'recreate secure one while it runs': changed(10, 'the container port is kept', { '/metadata/port': '9000' }),
  'recreate user instance (volume)': changed(10, 'the container port is kept', { '/metadata/port': '8443' }),
  list: changed(
    9,
    'one each, and those with bad names or ports were not created',
    { ...LEFT, '/total': 4, '/instances/3/user': REGISTERED },
    LEFT_OUT,
  ),
  'list end': changed(
    12,
    'the instance of the deleted group was stopped',
    { ...LEFT, '/total': 3, '/instances/2/user': REGISTERED },
    ['/instances/2', ...LEFT_OUT],
  ),
}

const CHECKED = 'content is checked before it is stored'

/** Content that cannot be parsed, by its field; an uploaded file is not sent back. */
function unreadable(field: string, input: unknown): Difference {
  return invalid(19, CHECKED, [[['body', field], input]], /line \d+.*column \d+/i)
}

const configFiles: Differences = {
  'put invalid yaml accepted': unreadable('content', 'groups: [unclosed'),
  'put invalid json accepted': unreadable('content', '{not json'),
  'list: whitespace is not content': changed(19, 'nothing was stored before', { '/1/has_content': false }),
  'put unicode + CRLF': unreadable('content', '{"a": "ü🎉"}\r\n\u2028</script>'),
  'get unicode': changed(19, 'it was not stored', { '/content': ' \n\t ' }),
  'put 1 MiB': unreadable('content', /^/),
  'upload utf-8': unreadable('file', null),
  'upload invalid utf-8 is replaced': invalid(19, CHECKED, [[['body', 'file'], null]], /UTF-8/i),
  'upload BOM kept': unreadable('file', null),
  'upload empty filename': unreadable('file', null),
  list: changed(19, 'what was stored last is blank', { '/1/has_content': false, '/2/has_content': false }),
  'settings API reaches config files too': refused(19, 'config files are not settings', 404, /./),
}

/** By scenario. */
export const differences: Record<string, Differences> = {
  'auth-enabled': enabled,
  'auth-callback': callback,
  'config-files': configFiles,
  'groups-crud': crud,
  'users-crud': users,
  'instance-settings': {
    'settings without key': refused(6, 'there is no such instance', 404, 'Instance settings not found'),
  },
  'gateway-disabled': disabled,
  'gateway-fake': gateway,
  'gateway-nokey': nokey,
  'gateway-unreachable': gatewayOffline,
  'lemonade-fake': lemonade,
  'instances-offline': offline,
  'instances-server-down-midway': midway,
  'instances-upstream': upstream,
  'instances-real': real,
}
