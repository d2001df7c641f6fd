import { beforeEach, expect, test, vi } from 'vitest'
import { settled } from '../../testing/fake-server.ts'
import { inComponent } from '../../testing/in-component.ts'
import type { Imported, Report } from './files.ts'
import { ImportDraft } from './import-draft.svelte.ts'

interface Asked {
  yaml: string
  dryRun: boolean
  answer: (imported: Partial<Imported>) => Promise<void>
}

const server = vi.hoisted(() => ({ asked: [] as Asked[] }))
vi.mock('./files.ts', () => ({
  LONGEST: 1_048_576,
  importGroups: (yaml: string, dryRun: boolean) =>
    new Promise((resolve) =>
      server.asked.push({
        ...{ yaml, dryRun },
        answer: (imported) => {
          resolve({ report: null, faults: null, problem: null, ...imported })
          return settled()
        },
      }),
    ),
}))

const reportOf = (...actions: string[]) => ({ changes: actions.map((action) => ({ action })) }) as unknown as Report
const open = (text = '') => inComponent(() => new ImportDraft(text))
const last = () => {
  const asked = server.asked.at(-1)
  if (!asked) throw new Error('Nothing was asked.')
  return asked
}

beforeEach(() => {
  vi.useFakeTimers()
  server.asked.length = 0
})

test('an empty draft asks nothing', async () => {
  open()
  await vi.advanceTimersByTimeAsync(2_000)
  expect(server.asked).toEqual([])
})

test('text is rehearsed a moment after the last key, and not imported', async () => {
  const { made: draft } = open()
  draft.text = 'groups:'
  await vi.advanceTimersByTimeAsync(200)
  draft.text = 'groups:\n  alpha: [ann]'
  await vi.advanceTimersByTimeAsync(300)
  expect(server.asked).toEqual([])
  expect(draft.checking).toBe(true)
  await vi.advanceTimersByTimeAsync(100)
  expect(server.asked).toMatchObject([{ yaml: 'groups:\n  alpha: [ann]', dryRun: true }])
})

test('the count is of what would change, without what stays', async () => {
  const { made: draft } = open('groups:')
  await vi.advanceTimersByTimeAsync(10)
  await last().answer({ report: reportOf('CREATE', 'KEEP', 'UPDATE', 'KEEP') })
  expect(draft).toMatchObject({ checking: false, count: 2 })
})

test('the answer to an earlier text is ignored', async () => {
  const { made: draft } = open('old')
  await vi.advanceTimersByTimeAsync(10)
  const old = last()
  draft.text = 'new'
  await vi.advanceTimersByTimeAsync(1_000)
  await last().answer({ report: reportOf('CREATE') })
  await old.answer({ report: reportOf('CREATE', 'CREATE', 'CREATE') })
  expect(draft.count).toBe(1)
})

test('faults take the place of the report, and clearing the text removes both', async () => {
  const { made: draft } = open('broken')
  await vi.advanceTimersByTimeAsync(10)
  await last().answer({ faults: [{ line: 3, column: 5, message: 'Enter a name.' }] })
  expect(draft.faults).toHaveLength(1)
  expect(draft.count).toBe(0)
  draft.text = '  '
  expect(draft).toMatchObject({ faults: [], report: null, checking: false })
})

test('a file of another kind or too large is refused with its name, and its text is not read', async () => {
  const { made: draft } = open()
  await draft.read(new File(['a,b'], 'people.csv'))
  expect(draft.problem?.message).toContain('people.csv')
  const large = new File(['x'], 'large.yaml')
  Object.defineProperty(large, 'size', { value: 2_000_000 })
  await draft.read(large)
  expect(draft.problem?.message).toContain('large.yaml')
  expect(draft.text).toBe('')
})

test('a file is read and rehearsed at once', async () => {
  const { made: draft } = open()
  await draft.read(new File(['groups: {}'], 'groups.yml'))
  await vi.advanceTimersByTimeAsync(1)
  expect(draft.text).toBe('groups: {}')
  expect(server.asked).toHaveLength(1)
})

test('applying imports the text, and tells whether it worked', async () => {
  const { made: draft } = open('groups:')
  const applied = draft.apply()
  expect(draft.applying).toBe(true)
  expect(last().dryRun).toBe(false)
  await last().answer({ report: reportOf('CREATE') })
  expect(await applied).toBe(true)
  const again = draft.apply()
  await last().answer({ faults: [{ line: 1, column: 1, message: 'No.' }] })
  expect(await again).toBe(false)
  expect(draft).toMatchObject({ applying: false, faults: [{ line: 1 }] })
})

test('a closed dialog asks nothing', async () => {
  const { made: draft, destroy } = open()
  draft.text = 'groups:'
  destroy()
  await vi.advanceTimersByTimeAsync(2_000)
  expect(server.asked).toEqual([])
})
