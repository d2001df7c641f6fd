import { fireEvent, render, screen, waitFor } from '@testing-library/svelte'
import { createRawSnippet } from 'svelte'
import { expect, test, vi } from 'vitest'
import ConfirmDialog from './ConfirmDialog.svelte'
import FormDialog from './FormDialog.svelte'

const onclose = vi.fn()
const button = (name: string) => screen.getByRole<HTMLButtonElement>('button', { name })
const confirm = (props: Record<string, unknown>) =>
  render(ConfirmDialog, { open: true, title: 'Kill 3 sandboxes?', confirm: 'Kill', onclose, ...props } as never)
const fields = createRawSnippet(() => ({ render: () => '<input aria-label="Name" />' }))
const form = (props: Record<string, unknown>) =>
  render(FormDialog, {
    title: 'New group',
    confirm: 'Create',
    shown: ['name'],
    children: fields,
    onclose,
    ...props,
  } as never)

test('a confirmed action is done, and the dialog closes', async () => {
  const onconfirm = vi.fn(() => Promise.resolve())
  confirm({ onconfirm })
  await fireEvent.click(button('Kill'))
  await waitFor(() => expect(onclose).toHaveBeenCalledTimes(1))
  expect(onconfirm).toHaveBeenCalledTimes(1)
})

test('an action that failed leaves the dialog open', async () => {
  const onconfirm = vi.fn(() => Promise.resolve(false))
  confirm({ onconfirm })
  await fireEvent.click(button('Kill'))
  await waitFor(() => expect(button('Kill').getAttribute('aria-busy')).not.toBe('true'))
  expect(onclose).not.toHaveBeenCalled()
})

test('what cannot be undone is confirmed only once its name was typed', async () => {
  const onconfirm = vi.fn()
  confirm({ onconfirm, typed: 'thon-workspace-alpha-ann' })
  expect(button('Kill').disabled).toBe(true)
  const input = screen.getByRole('textbox')
  await fireEvent.input(input, { target: { value: 'thon-workspace-alpha' } })
  expect(button('Kill').disabled).toBe(true)
  await fireEvent.input(input, { target: { value: 'thon-workspace-alpha-ann' } })
  await fireEvent.click(button('Kill'))
  await waitFor(() => expect(onconfirm).toHaveBeenCalledTimes(1))
})

test('an action under way is not done twice', async () => {
  let finish = () => undefined as void
  const onconfirm = vi.fn(() => new Promise<void>((resolve) => (finish = resolve)))
  confirm({ onconfirm })
  await fireEvent.click(button('Kill'))
  await fireEvent.submit(document.querySelector('form') ?? document.body)
  finish()
  await waitFor(() => expect(onclose).toHaveBeenCalled())
  expect(onconfirm).toHaveBeenCalledTimes(1)
})

test('a form that is accepted closes its dialog', async () => {
  form({ onsubmit: () => Promise.resolve(null) })
  await fireEvent.click(button('Create'))
  await waitFor(() => expect(onclose).toHaveBeenCalledTimes(1))
})

test('a refused form stays, and shows the rules of fields that it does not have', async () => {
  const problem = { message: 'No.', fields: { name: 'Taken.', port: 'Too large.' } }
  form({ onsubmit: () => Promise.resolve(problem) })
  await fireEvent.click(button('Create'))
  const alert = await screen.findByRole('alert')
  expect(alert.textContent).toContain('Too large.')
  expect(alert.textContent).not.toContain('Taken.')
  expect(onclose).not.toHaveBeenCalled()
})

test('a form with more to fill in stays without an error', async () => {
  const onsubmit = vi.fn(() => Promise.resolve('more'))
  form({ onsubmit })
  await fireEvent.click(button('Create'))
  await waitFor(() => expect(onsubmit).toHaveBeenCalled())
  expect(screen.queryByRole('alert')).toBeNull()
  expect(onclose).not.toHaveBeenCalled()
})
