import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { organizer } from '../../server/core/viewer.ts'
import { ApisixStandIn } from '../kit/apisix.ts'
import { docker, startDockerApp } from '../kit/docker-app.ts'
import { ensureDocker, ensureTestImages } from '../kit/docker.ts'
import { keyAt, setUp } from '../kit/gateway.ts'
import { addGroup } from '../kit/groups.ts'
import { testPool } from '../kit/docker-harness.ts'

const LONG = { timeout: 120_000 }
/** Of this run alone: other tests, and other servers, share the engine and its volume names. */
const team = `team${randomBytes(4).toString('hex')}`

beforeAll(async () => {
  await ensureDocker()
  await ensureTestImages()
}, 300_000)

/** What serves people beside a stand-in: it says which key it was sent. */
async function proxyOf(): Promise<number> {
  const server = createServer((request, response) => response.end(`${request.url} ${request.headers.authorization}`))
  server.listen(0, '0.0.0.0')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

/** Asks for a chat over HTTP, in the only language of the image. */
const ASK = String.raw`
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

test(
  'a sandbox has the key of its user, with which it reaches the gateway; and a new one when it is given it',
  LONG,
  async () => {
    const apisix = await ApisixStandIn.start()
    const port = await proxyOf()
    const app = await startDockerApp({ ...apisix.environment, SANDBOX_NETWORK_POOL: testPool })
    await app.services.gatewaySetup.set(organizer, { proxyPort: port })
    await app.services.configFiles.update(organizer, 'config_kilo_json', {
      content: '{ "apiKey": "PLACEHOLDER", "baseURL": "http://localhost:13305/v1" } // to be filled in',
    })
    const { id } = await addGroup(app, team, ['ann'])
    await setUp(app)
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
      apiKey: keyAt(apisix, `${team}-ann`).replace('Bearer ', ''),
      baseURL: `http://host.docker.internal:${port}/v1`,
    })
    const ask = () => docker('exec', ref, 'perl', '-e', ASK, first.baseURL, first.apiKey)
    await expect.poll(ask, { timeout: 10_000 }).toBe(`/v1/chat/completions Bearer ${first.apiKey}`)

    await app.services.gateway.consumers.rotateKey(organizer, `${team}-ann`)
    const outdated = async () => (await app.services.gateway.status(organizer)).snapshot?.outdatedInstances
    await expect.poll(outdated, { timeout: 10_000 }).toEqual([instance])
    await app.execute('mutation ($ids: [ID!]!) { updateSandboxFiles(ids: $ids) { error { message } } }', {
      ids: [instance],
    })
    expect((await config()).apiKey).toBe(keyAt(apisix, `${team}-ann`).replace('Bearer ', ''))
    expect((await config()).apiKey).not.toBe(first.apiKey)
    await expect.poll(outdated, { timeout: 10_000 }).toEqual([])
  },
)
