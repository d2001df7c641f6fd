import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { fileDrop } from './file-drop.ts'

const onfile = vi.fn()
let zone: HTMLElement
let detach: (() => void) | undefined

beforeEach(() => {
  zone = document.body.appendChild(document.createElement('div'))
  zone.innerHTML = '<p>inside</p>'
  detach = fileDrop({ onfile, hint: 'Drop it' })(zone) ?? undefined
})

afterEach(() => {
  detach?.()
  zone.remove()
})

function drag(type: string, target: Element, { files = [] as File[], text = false, to = null as Node | null } = {}) {
  const event = new Event(type, { bubbles: true, cancelable: true })
  const dataTransfer = { types: text ? ['text/plain'] : ['Files'], files }
  Object.assign(event, { dataTransfer, relatedTarget: to })
  target.dispatchEvent(event)
  return event
}

test('a file dropped on the element is handed over, and not opened by the browser', () => {
  const file = new File(['groups:'], 'groups.yaml')
  const inside = zone.querySelector('p') ?? zone
  expect(drag('drop', inside, { files: [file] }).defaultPrevented).toBe(true)
  expect(onfile).toHaveBeenCalledWith(file)
})

test('a file that misses the element is not opened in place of the page', () => {
  expect(drag('dragover', document.body).defaultPrevented).toBe(true)
  expect(drag('drop', document.body, { files: [new File([], 'a.yaml')] }).defaultPrevented).toBe(true)
  expect(onfile).not.toHaveBeenCalled()
})

test('the hint shows while a file is over the element, and not after it left or was dropped', () => {
  drag('dragover', zone)
  expect(zone.dataset.dropping).toBe('Drop it')
  drag('dragleave', zone, { to: zone.querySelector('p') })
  expect(zone.dataset.dropping).toBe('Drop it')
  drag('dragleave', zone, { to: document.body })
  expect(zone.dataset.dropping).toBeUndefined()
  drag('dragover', zone)
  drag('drop', zone, { files: [new File([], 'a.yaml')] })
  expect(zone.dataset.dropping).toBeUndefined()
})

test('dragged text is left to the field it is dragged to', () => {
  expect(drag('dragover', zone, { text: true }).defaultPrevented).toBe(false)
  expect(zone.dataset.dropping).toBeUndefined()
})

test('once the element is gone, the page is left alone', () => {
  detach?.()
  expect(drag('drop', document.body, { files: [new File([], 'a.yaml')] }).defaultPrevented).toBe(false)
})
