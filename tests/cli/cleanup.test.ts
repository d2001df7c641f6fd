import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { nodeMark } from '../../server/engine/network/names.ts'
import type { TestApp } from '../kit/app.ts'
import { containersOf, docker, nodeOf, startDockerApp } from '../kit/docker-app.ts'
import { iptables } from '../kit/docker-networks.ts'
import { ensureDocker, ensureTestImages } from '../kit/docker.ts'
import { create, inState, type Row } from '../kit/instances.ts'
import { Home } from '../kit/thon-command.ts'

interface Listed {
  node: string
  whose: string
  database: string | null
  containers: { name: string; running: boolean }[]
  volumes: string[]
  networks: string[]
  firewall: boolean
}

const LONG = { timeout: 240_000 }

beforeAll(async () => {
  await ensureDocker()
  await ensureTestImages()
}, 300_000)

async function running(app: TestApp): Promise<Row> {
  const { id } = await create(app, 'ann', { group: `hall${randomBytes(4).toString('hex')}` })
  return inState(app, id, 'RUNNING', 60)
}

test('cleanup lists what every THON left, and removes only what one that is gone left', LONG, async () => {
  const living = await startDockerApp()
  await running(living)
  const dir = mkdtempSync(join(tmpdir(), 'thon-left-'))
  const left = await startDockerApp({}, { dir })
  const { volume } = await running(left)
  const [node, livingNode] = [await nodeOf(dir), await nodeOf(living.dir)]
  await left.close()
  const home = new Home()
  await home.thon('status')
  const listed = async () => {
    const { leftovers } = await home.json<{ leftovers: Listed[] }>(['cleanup'])
    return (id: string) => leftovers.find((one) => one.node === id)
  }
  const remains = { containers: [{ running: true }], volumes: [volume], networks: [{}], firewall: true }
  expect((await listed())(node)).toMatchObject({ whose: 'stopped', database: join(dir, 'thon.db'), volumes: [volume] })
  rmSync(dir, { recursive: true })
  const find = await listed()
  expect(find(node)).toMatchObject({ ...remains, whose: 'unknown', networks: [expect.any(String)] })
  expect(find(livingNode)).toMatchObject({ whose: 'running' })

  expect((await home.thon('cleanup', '--remove', livingNode)).stderr).toContain('is running, with the database')
  expect(await home.thon('cleanup', '--volumes')).toMatchObject({ code: 2 })
  expect(await home.json(['cleanup', '--remove', node])).toMatchObject({ volumesKept: [volume] })
  const ours = (await iptables('-S')).filter((line) => line.includes(`THON-${nodeMark(node)}-`))
  expect(ours).toEqual([])
  expect((await listed())(node)).toMatchObject({ containers: [], networks: [], volumes: [volume], firewall: false })
  await home.json(['cleanup', '--remove', node, '--volumes'])
  expect((await listed())(node)).toBeUndefined()
  expect(await docker('volume', 'ls', '-q', '--filter', `name=${volume}`)).toBe('')
  expect(await containersOf(living.dir)).toHaveLength(1)
})

test('cleanup leaves the THON of its own database alone', LONG, async () => {
  const home = new Home()
  const { end } = await home.serve()
  const node = await nodeOf(home.dir)
  expect(await home.thon('cleanup', '--remove', node)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('That is the THON of this database') as string,
  })
  await end()
})
