import { expect, test } from 'vitest'
import { tracksOf, type Column } from './column.ts'

const columns: Column<string>[] = [
  { key: 'name', header: 'Name' },
  { key: 'group', header: 'Group', width: '7rem', room: 'some' },
  { key: 'id', header: 'ID', width: '5rem', room: 'much' },
]

test('a narrow table leaves out the columns that need room', () => {
  const tracks = tracksOf(columns, false, undefined)
  expect(tracks).toContain('--much-tracks: minmax(0, 1fr) 7rem 5rem;')
  expect(tracks).toContain('--some-tracks: minmax(0, 1fr) 7rem;')
  expect(tracks).toMatch(/--few-tracks: minmax\(0, 1fr\)$/)
})

test('checkboxes and actions have tracks at the ends', () => {
  expect(tracksOf(columns, true, '6rem')).toContain('--few-tracks: 2.6rem minmax(0, 1fr) 6rem')
})
