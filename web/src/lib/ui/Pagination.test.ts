import { fireEvent, render, screen } from '@testing-library/svelte'
import { expect, test, vi } from 'vitest'
import Pagination from './Pagination.svelte'

const onchange = vi.fn()
const pages = (number: number, size = 50, total = 120) => render(Pagination, { number, size, total, onchange })
const button = (name: string) => screen.getByRole<HTMLButtonElement>('button', { name })

test('it tells which rows are shown, of how many', () => {
  const { container } = pages(3)
  expect(container.textContent).toContain('101–120 of 120')
  expect(container.textContent).toContain('3 / 3')
})

test('without rows there is one empty page', () => {
  const { container } = pages(1, 50, 0)
  expect(container.textContent).toContain('0–0 of 0')
  expect(container.textContent).toContain('1 / 1')
})

test('the buttons lead one page on and back, and stop at the ends', async () => {
  const { rerender } = pages(1)
  expect(button('Previous page').disabled).toBe(true)
  await fireEvent.click(button('Next page'))
  expect(onchange).toHaveBeenLastCalledWith({ number: 2, size: 50 })
  await rerender({ number: 3 })
  expect(button('Next page').disabled).toBe(true)
  await fireEvent.click(button('Previous page'))
  expect(onchange).toHaveBeenLastCalledWith({ number: 2, size: 50 })
})

test('another number of rows begins with the first page', async () => {
  pages(3)
  await fireEvent.change(screen.getByRole('combobox'), { target: { value: '100' } })
  expect(onchange).toHaveBeenCalledWith({ number: 1, size: 100 })
})

test('a size of a link that is not on offer is offered too', () => {
  pages(1, 75)
  expect(screen.getAllByRole('option').map(({ textContent }) => textContent)).toEqual([
    '50',
    '75',
    '100',
    '250',
    '1000',
  ])
})

test('the next page is shown from the top of its table, when that is out of sight', async () => {
  const { container } = pages(1)
  const table = document.createElement('div')
  table.setAttribute('role', 'grid')
  container.prepend(table)
  const top = vi.spyOn(table, 'getBoundingClientRect').mockReturnValue({ top: 80 } as DOMRect)
  await fireEvent.click(button('Next page'))
  expect(table.scrollIntoView).not.toHaveBeenCalled()
  top.mockReturnValue({ top: -900 } as DOMRect)
  await fireEvent.click(button('Next page'))
  expect(table.scrollIntoView).toHaveBeenCalledWith({ block: 'start' })
})
