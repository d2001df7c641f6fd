import { test } from 'vitest'
import { startApp } from '../kit/app.ts'
import { loadScenario, type Step } from '../kit/conformance/scenario.ts'
import { ExternalServer, type ExternalReply, type RecordedRequest } from '../kit/external-server.ts'
import { conforms } from './conforms.ts'

test.each(['gateway-disabled', 'gateway-nokey', 'gateway-unreachable'])(
  '%s gets the recorded answers',
  async (name) => {
    await conforms(await startApp({ ...loadScenario(name).env, GATEWAY_ADMIN_URL: 'http://127.0.0.1:47913' }), name)
  },
)

/** Faults of the upstream during the recording, by the end of a step's name. */
const FAULTS: Record<string, ExternalReply> = {
  '400': { status: 400, body: '{"error_msg": "invalid configuration: property \\"username\\" validation failed"}' },
  '401': { status: 401, body: '{"error_msg": "failed to check token"}' },
  '500': { status: 500, body: '{"error_msg": "etcd down"}' },
  'not JSON': { body: '<html>hi</html>', headers: { 'Content-Type': 'text/html' } },
}

test('applying, listing and deleting get the recorded answers', async () => {
  let fault: ExternalReply | undefined
  const stores = { consumers: new Map<string, object>(), routes: new Map<string, object>() }
  await ExternalServer.start((taken) => fault ?? stored(stores, taken), 47_922)
  await conforms(await startApp(loadScenario('gateway-fake').env), 'gateway-fake', {
    before: ({ name }: Step) => {
      fault = FAULTS[/, upstream (.+)$/.exec(name)?.[1] ?? '']
      return Promise.resolve()
    },
  })
})

/** An APISIX that accepts everything, as in the recording. */
function stored(
  stores: Record<'consumers' | 'routes', Map<string, object>>,
  { method, path, body }: RecordedRequest,
): ExternalReply {
  const [, kind, id] = /^\/apisix\/admin\/(consumers|routes)\/?([^?]*)/.exec(path) ?? []
  const store = stores[kind as keyof typeof stores]
  const sent = body as { username?: string } | null
  const name = id ? decodeURIComponent(id) : (sent?.username ?? '')
  const key = `/apisix/${kind}/${name}`
  if (method === 'PUT') {
    const times = { create_time: 1_767_323_045, update_time: 1_767_323_045 }
    store.set(name, { ...sent, ...(kind === 'routes' && { ...times, id: name }) })
    return { status: 201, body: { key, value: store.get(name) } }
  }
  if (method === 'GET' && !id) {
    const list = [...store].map(([of, value]) => ({ key: `/apisix/${kind}/${of}`, value }))
    const [page, size] = ['page', 'page_size'].map((one) => Number(new URLSearchParams(path.split('?')[1]).get(one)))
    return { body: { list: page && size ? list.slice((page - 1) * size, page * size) : list, total: list.length } }
  }
  const found = store.get(name)
  if (!found) return { status: 404, body: '{"message": "Key not found"}' }
  if (method === 'DELETE') store.delete(name)
  return { body: method === 'DELETE' ? { key, deleted: '1' } : { key, value: found } }
}
