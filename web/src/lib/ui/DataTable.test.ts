import { fireEvent, render, screen, waitFor, within } from '@testing-library/svelte'
import { createRawSnippet, tick } from 'svelte'
import { beforeEach, expect, test, vi } from 'vitest'
import type { Column } from './column.ts'
import DataTable from './DataTable.svelte'
import { Selection } from './selection.svelte.ts'

interface Person {
  id: string
  name: string
}

const columns: Column<Person>[] = [
  { key: 'name', header: 'Name', sortable: true, text: ({ name }) => name },
  { key: 'id', header: 'ID', text: ({ id }) => id },
]
const people = (count: number): Person[] =>
  Array.from({ length: count }, (_, index) => ({ id: `id-${index}`, name: `person ${index}` }))

function table(props: Record<string, unknown> = {}) {
  return render(DataTable, {
    label: 'People',
    columns,
    key: (row: Person) => row.id,
    rows: people(5),
    ...props,
  } as never)
}
/** The rows in the document, the header left out. */
const rows = () => screen.getAllByRole('row').slice(1)
const row = (index: number) => {
  const found = rows().find((one) => one.getAttribute('aria-rowindex') === String(index + 2))
  if (!found) throw new Error(`Row ${index} is not in the document.`)
  return found
}
/** Where the keyboard is: the index of the row. */
const focused = () => Number(document.activeElement?.getAttribute('aria-rowindex')) - 2
async function press(key: string, options: Partial<KeyboardEventInit> = {}) {
  const element = document.activeElement ?? document.body
  await fireEvent.keyDown(element, { key, ...options })
  await tick()
}

beforeEach(() => {
  document.getSelection()?.removeAllRanges()
  // Nothing has a size without a browser that draws it.
  vi.spyOn(HTMLElement.prototype, 'offsetHeight', 'get').mockReturnValue(47)
})

test('it is a grid with its name, its number of rows, and each row at its place', () => {
  table()
  const grid = screen.getByRole('grid', { name: 'People' })
  expect(grid.getAttribute('aria-rowcount')).toBe('6')
  expect(rows().map((one) => one.getAttribute('aria-rowindex'))).toEqual(['2', '3', '4', '5', '6'])
  expect(
    within(row(2))
      .getAllByRole('gridcell')
      .map(({ textContent }) => textContent?.trim()),
  ).toEqual(['person 2', 'id-2'])
})

test('a snippet draws the cell of its column', () => {
  const name = createRawSnippet((person: () => Person) => ({ render: () => `<b>${person().name}!</b>` }))
  table({ cells: { name } })
  expect(row(1).querySelector('b')?.textContent).toBe('person 1!')
})

test('the header tells what the table is sorted by, and sorts by another column', async () => {
  const onsort = vi.fn()
  table({ onsort, sort: { key: 'name', descending: true } })
  expect(screen.getByRole('columnheader', { name: 'Name' }).getAttribute('aria-sort')).toBe('descending')
  await fireEvent.click(screen.getByRole('button', { name: 'Name' }))
  expect(onsort).toHaveBeenCalledWith('name')
  expect(screen.queryByRole('button', { name: 'ID' })).toBeNull()
})

test('one row takes part in the tab order, and it is the last one that had the focus', async () => {
  table()
  expect(rows().map(({ tabIndex }) => tabIndex)).toEqual([0, -1, -1, -1, -1])
  row(3).focus()
  await tick()
  expect(rows().map(({ tabIndex }) => tabIndex)).toEqual([-1, -1, -1, 0, -1])
})

test('when the row in the tab order goes, the first one takes its place', async () => {
  const { rerender } = table()
  row(3).focus()
  await rerender({ rows: people(2) } as never)
  expect(rows().map(({ tabIndex }) => tabIndex)).toEqual([0, -1])
})

test('arrows move the focus by one row and stop at both ends', async () => {
  table()
  row(0).focus()
  await press('ArrowUp')
  expect(focused()).toBe(0)
  await press('ArrowDown')
  await press('ArrowDown')
  expect(focused()).toBe(2)
  for (let time = 0; time < 5; time += 1) await press('ArrowDown')
  expect(focused()).toBe(4)
})

test('Home, End, Page Up and Page Down jump', async () => {
  table({ rows: people(30) })
  row(0).focus()
  await press('PageDown')
  expect(focused()).toBe(10)
  await press('End')
  expect(focused()).toBe(29)
  await press('PageUp')
  expect(focused()).toBe(19)
  await press('Home')
  expect(focused()).toBe(0)
})

test('Enter on a row opens it, and so does a click', async () => {
  const onopen = vi.fn()
  table({ onopen })
  row(1).focus()
  await press('Enter')
  await fireEvent.click(within(row(2)).getAllByRole('gridcell')[0] ?? row(2))
  expect(onopen.mock.calls.map(([person]) => (person as Person).id)).toEqual(['id-1', 'id-2'])
})

test('a button in a row does its own work, by pointer and by keyboard', async () => {
  const onopen = vi.fn()
  const actions = createRawSnippet(() => ({ render: () => '<button>Stop</button>' }))
  table({ onopen, actions })
  const button = within(row(1)).getByRole('button')
  await fireEvent.click(button)
  button.focus()
  await press('Enter')
  await press('ArrowDown')
  expect(onopen).not.toHaveBeenCalled()
  expect(document.activeElement).toBe(button)
})

test('a click that ends the selection of text does not open the row', async () => {
  const onopen = vi.fn()
  table({ onopen })
  const text = within(row(0)).getAllByRole('gridcell')[0] ?? row(0)
  document.getSelection()?.selectAllChildren(text)
  await fireEvent.click(text)
  expect(onopen).not.toHaveBeenCalled()
})

test('Space selects the row, and Shift+Space all rows from the last one', async () => {
  const selection = new Selection()
  table({ selection })
  row(1).focus()
  await press(' ')
  expect(row(1).getAttribute('aria-selected')).toBe('true')
  row(3).focus()
  await press(' ', { shiftKey: true })
  expect(selection.keys.sort()).toEqual(['id-1', 'id-2', 'id-3'])
})

test('a click with Ctrl selects, and does not open', async () => {
  const selection = new Selection()
  const onopen = vi.fn()
  table({ selection, onopen })
  await fireEvent.click(row(2), { ctrlKey: true })
  expect(selection.keys).toEqual(['id-2'])
  expect(onopen).not.toHaveBeenCalled()
})

test('the checkbox of the header selects all rows, and is mixed while some are selected', async () => {
  const selection = new Selection()
  table({ selection, rowLabel: (person: Person) => person.name })
  const all = screen.getByRole<HTMLInputElement>('checkbox', { name: 'Select all rows shown' })
  await fireEvent.click(screen.getByRole('checkbox', { name: 'Select person 1' }))
  expect(all.indeterminate).toBe(true)
  await fireEvent.click(all)
  expect(selection.size).toBe(5)
  expect(all).toMatchObject({ checked: true, indeterminate: false })
})

test('a row keeps its element when the order changes, so that focus and menus stay', async () => {
  const { rerender } = table()
  const element = row(0)
  await rerender({ rows: people(5).reverse() } as never)
  expect(row(4)).toBe(element)
})

test('while it loads it shows that it is busy', () => {
  table({ rows: [], loading: true })
  expect(screen.getByRole('grid').getAttribute('aria-busy')).toBe('true')
})

test('up to 120 rows are all in the document', () => {
  table({ rows: people(120) })
  expect(rows()).toHaveLength(120)
})

test('of 1,000 rows only those in sight are in the document, and the grid still tells of all', async () => {
  table({ rows: people(1_000) })
  await waitFor(() => expect(rows().length).toBeLessThan(100))
  expect(rows().length).toBeGreaterThan(10)
  expect(screen.getByRole('grid').getAttribute('aria-rowcount')).toBe('1001')
})

test('rows that are left out keep their room', async () => {
  table({ rows: people(1_000) })
  const body = rows()[0]?.parentElement
  await waitFor(() => expect(Number.parseFloat(body?.style.paddingBottom ?? '')).toBeGreaterThan(900 * 40))
})

test('End goes to the last of 1,000 rows though it was not in the document, and Home back', async () => {
  table({ rows: people(1_000) })
  row(0).focus()
  await press('End')
  await waitFor(() => expect(focused()).toBe(999))
  await press('ArrowUp')
  await waitFor(() => expect(focused()).toBe(998))
  await press('Home')
  await waitFor(() => expect(focused()).toBe(0))
})

test('a range that is selected in a long table includes rows that are not in the document', async () => {
  const selection = new Selection()
  table({ rows: people(1_000), selection })
  row(0).focus()
  await press(' ')
  await press('End')
  await waitFor(() => expect(focused()).toBe(999))
  await press(' ', { shiftKey: true })
  expect(selection.size).toBe(1_000)
})
