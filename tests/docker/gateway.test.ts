import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { organizer } from '../../server/core/viewer.ts'
import { ApisixStandIn } from '../kit/apisix.ts'
import { docker, startDockerApp } from '../kit/docker-app.ts'
import { ensureDocker, ensureTestImages } from '../kit/docker.ts'
import { applyConfig, keyAt } from '../kit/gateway.ts'
import { addGroup } from '../kit/groups.ts'
import { testPool } from '../kit/docker-harness.ts'

const LONG = { timeout: 120_000 }
/** Unique for this run: other tests and other servers share the engine and its volume names. */
const groupName = `team${randomBytes(4).toString('hex')}`

beforeAll(async () => {
  await ensureDocker()
  await ensureTestImages()
}, 300_000)

/** Starts what serves people next to a stand-in: it answers with the path and the key of the request. */
async function startProxy(): Promise<number> {
  const server = createServer((request, response) => response.end(`${request.url} ${request.headers.authorization}`))
  server.listen(0, '0.0.0.0')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

/** Requests a chat over HTTP, in Perl, the only language of the image. */
const REQUEST = String.raw`
my ($host, $port, $path) = $ARGV[0] =~ m{^http://([^:/]+):(\d+)(.*)$};
open(my $hosts, '<', '/etc/hosts');
my ($address) = map { /^([\d.]+)\s+\Q$host\E$/ ? $1 : () } <$hosts>;
alarm 5;
socket(my $socket, 2, 1, 0);
connect($socket, pack('S n C4 x8', 2, $port, split(/\./, $address))) or die "refused: $!";
syswrite($socket, "POST $path/chat/completions HTTP/1.0\r\nAuthorization: Bearer $ARGV[1]\r\n\r\n");
local $/;
print((split(/\r\n\r\n/, <$socket>, 2))[1]);
`

test('a sandbox reaches the gateway with the key of its user, and with a new one', LONG, async () => {
  const apisix = await ApisixStandIn.start()
  const port = await startProxy()
  const app = await startDockerApp({ ...apisix.environment, SANDBOX_NETWORK_POOL: testPool })
  await app.services.gatewaySettings.update(organizer, { proxyPort: port })
  await app.services.configFiles.update(organizer, 'config_kilo_json', {
    content: '{ "apiKey": "PLACEHOLDER", "baseURL": "http://localhost:13305/v1" } // to be filled in',
  })
  const { id } = await addGroup(app, groupName, ['ann'])
  await applyConfig(app)
  await app.execute('mutation ($id: ID!) { startGroup(input: { id: $id }) { error { message } } }', { id })
  type Rows = { instances: { items: { id: string; ref: string; state: string }[] } }
  const { instances } = await app.until<Rows>(
    '{ instances { items { id ref state } } }',
    {},
    (rows) => rows.instances.items[0]?.state === 'RUNNING',
    60,
  )
  const { ref, id: instance } = instances.items[0]!
  const inside = (...command: string[]) => docker('exec', ref, 'busybox', ...command)
  const config = async () =>
    JSON.parse(await inside('cat', '/home/vscode/.config/kilo/config.json')) as { apiKey: string; baseURL: string }
  const first = await config()
  expect(first).toEqual({
    apiKey: keyAt(apisix, `${groupName}-ann`).replace('Bearer ', ''),
    baseURL: `http://host.docker.internal:${port}/v1`,
  })
  const request = () => docker('exec', ref, 'perl', '-e', REQUEST, first.baseURL, first.apiKey)
  await expect.poll(request, { timeout: 10_000 }).toBe(`/v1/chat/completions Bearer ${first.apiKey}`)

  await app.services.gateway.consumers.rotateKey(organizer, `${groupName}-ann`)
  const outdated = async () => (await app.services.gateway.status(organizer)).snapshot?.outdatedInstances
  await expect.poll(outdated, { timeout: 10_000 }).toEqual([instance])
  await app.execute('mutation ($ids: [ID!]!) { updateInstanceFiles(input: { ids: $ids }) { error { message } } }', {
    ids: [instance],
  })
  expect((await config()).apiKey).toBe(keyAt(apisix, `${groupName}-ann`).replace('Bearer ', ''))
  expect((await config()).apiKey).not.toBe(first.apiKey)
  await expect.poll(outdated, { timeout: 10_000 }).toEqual([])
})
