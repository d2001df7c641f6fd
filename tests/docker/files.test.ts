import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { DockerEngine } from '../../server/engine/docker/engine.ts'
import { EngineRefused } from '../../server/engine/engine.ts'
import { testImage } from '../kit/docker.ts'
import { dockerHarness, here, run, testPool } from '../kit/docker-harness.ts'

const HOME = '/home/coder'
const SETTINGS = `${HOME}/.local/share/code-server/User/settings.json`
const KILO = `${HOME}/.config/kilo/config.json`
const files = [
  { path: SETTINGS, content: '{"new":1}' },
  { path: KILO, content: '{"key":"k"}' },
]

describe('files for a running sandbox', { timeout: 60_000 }, () => {
  let kit: Awaited<ReturnType<typeof dockerHarness>>
  beforeAll(async () => {
    kit = await dockerHarness()
  }, 180_000)
  afterAll(() => kit.dispose(), 60_000)

  async function running(given: typeof files = []): Promise<string> {
    const ref = await kit.engine.create(kit.spec({ files: given }), () => {})
    onTestFinished(() => kit.engine.remove(ref))
    await kit.engine.start(ref)
    return ref
  }
  const shell = (ref: string, script: string) => run(ref, 'sh', '-c', script)
  const owner = async (ref: string, path: string) => (await run(ref, 'stat', '-c', '%u:%g:%a', path)).trim()

  test("belong to the sandbox's user only, and so do folders created for them", async () => {
    const ref = await running()
    await shell(ref, `mkdir -m 700 ${HOME}/.config`)
    await kit.engine.update(ref, files)
    expect(await run(ref, 'cat', KILO)).toBe('{"key":"k"}')
    for (const { path } of files) expect(await owner(ref, path)).toBe('1000:1000:600')
    expect(await owner(ref, `${HOME}/.config`)).toBe('1000:1000:700')
    for (const folder of ['.config/kilo', '.local', '.local/share/code-server/User'])
      expect(await owner(ref, `${HOME}/${folder}`)).toBe('1000:1000:755')
  })

  test('are backed up byte by byte, each time', async () => {
    const ref = await running(files)
    await shell(ref, `busybox printf '\\377\\000mine' > ${SETTINGS}`)
    await kit.engine.update(ref, files)
    await shell(ref, `echo later > ${SETTINGS}`)
    await kit.engine.update(ref, files)
    expect(await shell(ref, `busybox od -An -tx1 ${SETTINGS}.bak`)).toMatch(/ff 00 6d 69 6e 65/)
    expect(await shell(ref, `cat ${SETTINGS}.2*.bak`)).toBe('later\n')
    expect(await run(ref, 'cat', SETTINGS)).toBe('{"new":1}')
  })

  test.for([
    ['a link to a folder of the system', `mkdir -p ${HOME}/.config && ln -s /etc ${HOME}/.config/kilo`, 'is a link'],
    ['a link to nowhere', `ln -s /nowhere ${HOME}/.config`, 'is a link'],
    ['a file where a folder should be', `echo x > ${HOME}/.config`, 'is a file'],
    ['a link in place of the file', `mkdir -p ${HOME}/.config/kilo && ln -s /etc/passwd ${KILO}`, 'is a link'],
    ['a folder in place of the file', `mkdir -p ${KILO}/mine`, 'is a folder'],
    ['a pipe', `mkdir -p ${HOME}/.config/kilo && busybox mkfifo ${KILO}`, 'neither a file nor a folder'],
    [
      'a file of many gigabytes',
      `mkdir -p ${HOME}/.config/kilo && busybox truncate -s 900G ${KILO}`,
      'larger than 4 MiB',
    ],
  ] as const)('are refused without any change where there is %s', async ([, script, words]) => {
    const ref = await running()
    await shell(ref, script)
    const before = await shell(ref, `busybox find ${HOME} /etc | busybox sort`)
    const refused = kit.engine.update(ref, files)
    await expect(refused).rejects.toThrow(EngineRefused)
    await expect(refused).rejects.toThrow(words)
    expect(await shell(ref, `busybox find ${HOME} /etc | busybox sort`)).toBe(before)
  })

  test("do not count as the image's folders: the next sandbox owns its own", async () => {
    const first = await running(files)
    const engine = new DockerEngine({ node: kit.node, image: testImage, pool: testPool, connection: here })
    onTestFinished(() => engine.close())
    await engine.update(first, [{ path: KILO, content: '2' }])
    const second = await engine.create(kit.spec({ files }), () => {})
    onTestFinished(() => kit.engine.remove(second))
    await engine.start(second)
    expect(await owner(second, `${HOME}/.config/kilo`)).toBe('1000:1000:755')
  })
})
