import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { alice, dir, engine, make, noProgress, record, spec, started } from './process-engine.kit.ts'

test('files are written to the workspace and the home directory only', async () => {
  const files = [
    { path: '/workspace/.vscode/settings.json', content: '{}' },
    { path: '/home/vscode/.config/a', content: 'home' },
    { path: '/etc/thon-test', content: 'x' },
    { path: '/workspace/../../escaped', content: 'x' },
  ]
  await started({ files })
  expect(await readFile(join(dir, 'team/alice/.vscode/settings.json'), 'utf8')).toBe('{}')
  const home = join(dir, '.home/thon-workspace-team-alice')
  expect(await readFile(join(home, '.config/a'), 'utf8')).toBe('home')
  const { pid } = await record()
  expect(await readFile(`/proc/${pid}/environ`, 'utf8')).toContain(`HOME=${home}\0`)
  expect(existsSync('/etc/thon-test')).toBe(false)
  expect((await readdir(join(dir, 'team'))).concat(await readdir(dir))).not.toContain('escaped')
})

test('a file is not written through a link that leads out of the workspace', async () => {
  await engine.ensureVolume('v', alice)
  await mkdir(join(dir, 'outside'))
  await symlink('../../outside', join(dir, 'team/alice/.vscode'))
  const files = [{ path: '/workspace/.vscode/settings.json', content: '{}' }]
  await expect(engine.create({ ...spec({ files }), volume: 'v' }, noProgress)).rejects.toThrow('leads out of it')
  expect(await readdir(join(dir, 'outside'))).toEqual([])
  expect(await engine.list()).toEqual([])
})

test('a replaced file is backed up, and anything but a file is left alone', async () => {
  const settings = { path: '/home/vscode/.local/share/code-server/User/settings.json', content: '{"new":1}' }
  const ref = await started({ files: [settings] })
  const path = join(dir, '.home/thon-workspace-team-alice/.local/share/code-server/User/settings.json')
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  await writeFile(path, 'mine')
  expect(await engine.update(ref, [settings])).toEqual([settings.path])
  expect([await readFile(path, 'utf8'), await readFile(`${path}.bak`, 'utf8')]).toEqual([settings.content, 'mine'])
  await engine.remove(ref)
  await writeFile(path, 'mine too')
  await engine.create(spec({ files: [settings] }), noProgress)
  const kept = (await readdir(dirname(path))).find((name) => /^settings\.json\.2.*\.bak$/.test(name)) ?? ''
  expect(await readFile(join(dirname(path), kept), 'utf8')).toBe('mine too')
  for (const target of ['/dev/zero', '/etc/passwd']) {
    await rm(path)
    await symlink(target, path)
    await expect(engine.update(ref, [settings])).rejects.toThrow('is a link')
  }
  await rm(path)
  await mkdir(path)
  const other = { path: '/workspace/other', content: 'x' }
  await expect(engine.update(ref, [other, settings])).rejects.toThrow('is a folder')
  expect(await readdir(join(dir, 'team/alice'))).toEqual([])
})

test('a renamed person keeps the files, and the old name gets a new directory', async () => {
  await engine.ensureVolume('v1', alice)
  await writeFile(join(dir, 'team/alice/mine'), '')
  await engine.ensureVolume('v1', { group: 'team', username: 'bob' })
  expect(await readdir(join(dir, 'team'))).toEqual(['alice'])
  await engine.ensureVolume('v2', alice)
  expect(await readdir(join(dir, 'team/alice-2'))).toEqual([])
  await engine.removeVolume('v2')
  await engine.removeVolume('v2')
  expect(await readdir(join(dir, 'team'))).toEqual(['alice'])
  expect(await readdir(join(dir, 'team/alice'))).toEqual(['mine'])
})

test("no name leads out of the workspace directory or into THON's own files", async () => {
  await engine.ensureVolume('v1', { group: '.volumes', username: '.sandboxes' })
  expect(await readdir(join(dir, '_.volumes'))).toEqual(['_.sandboxes'])
  const bad = ['..', '.', '', 'a/b', 'a\0b']
  for (const name of bad) {
    await expect(engine.ensureVolume('v2', { group: name, username: 'x' })).rejects.toThrow('cannot name')
    await expect(engine.ensureVolume('v2', { group: 'x', username: name })).rejects.toThrow('cannot name')
    await expect(engine.ensureVolume(name, alice)).rejects.toThrow('cannot name')
    await expect(engine.create({ ...spec(), instanceId: name }, noProgress)).rejects.toThrow('cannot name')
  }
  await expect(engine.removeVolume('../team')).rejects.toThrow('cannot name')
  await engine.ensureVolume('v3', { group: '𝕏'.repeat(64), username: '𝕏'.repeat(64) })
})

test('a volume whose link leads out is neither used nor deleted', async () => {
  const outside = await mkdtemp(join(tmpdir(), 'thon-outside-'))
  try {
    await engine.ensureVolume('v1', alice)
    await symlink(outside, join(dir, '.volumes/v2'))
    await symlink(outside, join(dir, 'linked'))
    await expect(engine.removeVolume('v2')).rejects.toThrow('leads out')
    await expect(engine.ensureVolume('v2', alice)).rejects.toThrow('leads out')
    await expect(engine.ensureVolume('v4', { group: 'linked', username: 'x' })).rejects.toThrow('leads out')
    expect(await readdir(outside)).toEqual([])
  } finally {
    await rm(outside, { recursive: true })
  }
})

test('volumes created at the same time never share a directory', async () => {
  await Promise.all(['v1', 'v2', 'v3'].map((volume) => engine.ensureVolume(volume, alice)))
  expect((await readdir(join(dir, 'team'))).sort()).toEqual(['alice', 'alice-2', 'alice-3'])
})

test('a volume is not deleted while a sandbox uses it', async () => {
  const ref = await started()
  await expect(engine.removeVolume('thon-workspace-team-alice')).rejects.toThrow('in use by the sandbox of team/alice')
  await engine.kill(ref)
  await engine.remove(ref)
  await engine.removeVolume('thon-workspace-team-alice')
  expect(await readdir(join(dir, 'team'))).toEqual([])
  expect(await readdir(join(dir, '.volumes'))).toEqual([])
})

test('a volume that another server used first gets another name, and is not deleted', async () => {
  await engine.ensureVolume('v1', alice)
  const other = make({ node: 'other' })
  expect(await other.ownVolume('v1')).toBe('v1--other')
  await other.ensureVolume('v1--other', alice)
  await other.removeVolume('v1')
  expect(await engine.ownVolume('v1')).toBe('v1')
  await engine.removeVolume('v1')
  // It keeps its own one although the other is gone.
  expect(await other.ownVolume('v1')).toBe('v1--other')
})
