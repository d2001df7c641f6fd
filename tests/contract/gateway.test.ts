import { test } from 'vitest'
import { startApp } from '../kit/app.ts'
import { loadScenario, type Step } from '../kit/conformance/scenario.ts'
import { ExternalServer, type ExternalReply, type RecordedRequest } from '../kit/external-server.ts'
import { conforms } from './conforms.ts'

test.each(['gateway-disabled', 'gateway-nokey', 'gateway-unreachable'])('%s is answered as recorded', async (name) => {
  await conforms(await startApp({ ...loadScenario(name).env, GATEWAY_ADMIN_URL: 'http://127.0.0.1:47913' }), name)
})

/** The faults that the recording was made with, by what the name of a step says of its upstream. */
const MODES: Record<string, ExternalReply> = {
  '400': { status: 400, body: '{"error_msg": "invalid configuration: property \\"username\\" validation failed"}' },
  '401': { status: 401, body: '{"error_msg": "failed to check token"}' },
  '500': { status: 500, body: '{"error_msg": "etcd down"}' },
  'not JSON': { body: '<html>hi</html>', headers: { 'Content-Type': 'text/html' } },
}

test('an APISIX is set up, listed and cleaned up as recorded', async () => {
  let mode: ExternalReply | undefined
  const things = { consumers: new Map<string, object>(), routes: new Map<string, object>() }
  await ExternalServer.start((taken) => mode ?? stored(things, taken), 47_922)
  await conforms(await startApp(loadScenario('gateway-fake').env), 'gateway-fake', {
    before: async ({ name }: Step) => {
      mode = MODES[/, upstream (.+)$/.exec(name)?.[1] ?? '']
    },
  })
})

/** An APISIX that takes whatever it is given, as the one of the recording did. */
function stored(things: Record<'consumers' | 'routes', Map<string, object>>, { method, path, body }: RecordedRequest): ExternalReply {
  const [, kind, id] = /^\/apisix\/admin\/(consumers|routes)\/?([^?]*)/.exec(path) ?? []
  const some = things[kind as keyof typeof things]
  const given = body as { username?: string } | null
  const name = id ? decodeURIComponent(id) : (given?.username ?? '')
  const key = `/apisix/${kind}/${name}`
  if (method === 'PUT') {
    const times = { create_time: 1_767_323_045, update_time: 1_767_323_045 }
    some.set(name, { ...given, ...(kind === 'routes' && { ...times, id: name }) })
    return { status: 201, body: { key, value: some.get(name) } }
  }
  if (method === 'GET' && !id) {
    const list = [...some].map(([of, value]) => ({ key: `/apisix/${kind}/${of}`, value }))
    const [page, size] = ['page', 'page_size'].map((one) => Number(new URLSearchParams(path.split('?')[1]).get(one)))
    return { body: { list: page && size ? list.slice((page - 1) * size, page * size) : list, total: list.length } }
  }
  const found = some.get(name)
  if (!found) return { status: 404, body: '{"message": "Key not found"}' }
  if (method === 'DELETE') some.delete(name)
  return { body: method === 'DELETE' ? { key, deleted: '1' } : { key, value: found } }
}
