import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, onTestFinished, test } from 'vitest'
import type { TestApp } from '../kit/app.ts'
import { loadScenario } from '../kit/conformance/scenario.ts'
import { containersOf, docker, DockerLink, startDockerApp } from '../kit/docker-app.ts'
import { ensureDocker, ensureTestImages, testImage } from '../kit/docker.ts'
import { conforms } from './conforms.ts'

const LONG = { timeout: 180_000 }

beforeAll(async () => {
  await ensureDocker()
  await ensureTestImages()
  // The recordings name their image.
  await docker('tag', testImage, 'thon-golden/sandbox:local')
}, 300_000)

/** A server with the settings of a recording. Other tests use the same names, so the volumes must not stay. */
async function startFor(name: string, more: Record<string, string> = {}, dir?: string): Promise<TestApp> {
  // A folder of the machine that it was recorded on.
  const { THON_WORKSPACE_DIR: _theirs, ...env } = loadScenario(name).env
  const app = await startDockerApp({ ...env, ...more }, { dir })
  onTestFinished(async () => {
    const instances = await app.db.instance.findMany({ select: { volume: true } })
    const users = await app.db.user.findMany({ select: { volume: true } })
    for (const id of await containersOf(app.dir)) await docker('rm', '-f', id)
    for (const volume of new Set([...instances, ...users].map((row) => row.volume)))
      await docker('volume', 'rm', '-f', volume)
  })
  return app
}

test('answers about instances match the recording of their whole lives', LONG, async () => {
  await conforms(await startFor('instances-real'), 'instances-real')
})

test('answers about instances of users match the recording', LONG, async () => {
  await conforms(await startFor('instances-upstream'), 'instances-upstream')
})

test('answers about instances match the recording over a disconnect', LONG, async () => {
  const dir = mkdtempSync(join(tmpdir(), 'thon-relay-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  const link = new DockerLink(join(dir, 'docker.sock'))
  await link.mend()
  onTestFinished(() => link.cut())
  const app = await startFor('instances-server-down-midway', { DOCKER_HOST: `unix://${link.path}` }, dir)
  let isCut = false
  const before = async ({ name }: { name: string }) => {
    const cut = name.startsWith('[relay cut]')
    if (cut === isCut) return
    isCut = cut
    await (cut ? link.cut() : link.mend())
    await noticed(app, !cut)
  }
  await conforms(app, 'instances-server-down-midway', { before })
})

/** Waits until the server knows whether its engine answers. */
async function noticed(app: TestApp, connected: boolean): Promise<void> {
  await app.until<{ engine: { connected: boolean } }>(
    '{ engine { connected } }',
    {},
    ({ engine }) => engine.connected === connected,
    30,
  )
}
