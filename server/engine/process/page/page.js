// The built-in editor's page: a tree of files, one textarea, and dialogs. Plain JavaScript, which browsers run without a build.

const $ = (id) => document.getElementById(id)
const editor = $('editor')

/** The open file: `saved` is its text on disk, with \n; `eol` is the line end that the file uses. */
let open = null
/** The entry that the tree's buttons act on; null for the workspace itself. */
let selected = null
const expanded = new Set()

async function get(url, path) {
  return answer(await fetch(`./api/${url}?path=${encodeURIComponent(path)}`))
}

async function post(url, body) {
  const headers = { 'Content-Type': 'application/json' }
  return answer(await fetch(`./api/${url}`, { method: 'POST', headers, body: JSON.stringify(body) }))
}

async function answer(response) {
  if (response.status === 401) location.assign('./login')
  const body = await response.json()
  if (!response.ok) throw Object.assign(new Error(body.error), { status: response.status })
  return body
}

/** Runs an action of a button, and shows why it failed, if it did. */
async function attempt(action) {
  try {
    await action()
  } catch (error) {
    const offline = error instanceof TypeError
    showStatus(offline ? 'The sandbox does not answer. Your text is still here. Try again.' : error.message, true)
    if (!document.body.classList.contains('open') && matchMedia('(max-width: 45rem)').matches) {
      await ask(offline ? 'The sandbox does not answer.' : error.message, { button: 'OK' })
    }
  }
}

function showStatus(text, isError = false) {
  $('state').textContent = text
  $('state').classList.toggle('error', isError)
}

/** Asks in a dialog. @returns the typed text, '' for a plain yes, or null when canceled */
function ask(question, { value = null, button, danger = false }) {
  $('question').textContent = question
  $('answer').hidden = value === null
  $('answer').required = value !== null
  $('answer').value = value ?? ''
  $('confirm').textContent = button
  $('confirm').classList.toggle('danger', danger)
  $('confirm').classList.toggle('primary', !danger)
  $('dialog').returnValue = ''
  $('dialog').showModal()
  if (value === null) $(danger ? 'cancel' : 'confirm').focus()
  else $('answer').select()
  return new Promise((resolve) => {
    $('dialog').addEventListener('close', () => resolve($('dialog').returnValue ? $('answer').value.trim() : null), {
      once: true,
    })
  })
}

const join = (folder, name) => (folder ? `${folder}/${name}` : name)
const parent = (path) => path.split('/').slice(0, -1).join('/')

async function draw() {
  const list = await branch('')
  // The buttons are new elements, so the focus moves to the current one, unless it has moved to the editor.
  const focused = $('tree').contains(document.activeElement)
  $('tree').replaceChildren(...list)
  if (focused) $('tree').querySelector('[aria-current]')?.focus({ preventScroll: true })
  $('rename').disabled = $('delete').disabled = !selected
}

async function branch(folder) {
  const { entries, more } = await get('list', folder)
  const items = await Promise.all(entries.map((entry) => item(folder, entry)))
  if (entries.length === 0) items.push(note(folder ? 'Empty' : 'Nothing here yet. Create your first file.'))
  if (more) items.push(note('… and more entries, which cannot be shown'))
  return items
}

function note(text) {
  const line = document.createElement('li')
  line.append(Object.assign(document.createElement('p'), { textContent: text }))
  return line
}

async function item(folder, { name, folder: isFolder }) {
  const path = join(folder, name)
  const line = document.createElement('li')
  const button = Object.assign(document.createElement('button'), { textContent: name, title: path })
  if (selected?.path === path) button.setAttribute('aria-current', 'true')
  button.addEventListener('click', () => attempt(() => choose({ path, isFolder })))
  line.append(button)
  if (!isFolder) return line
  button.setAttribute('aria-expanded', String(expanded.has(path)))
  if (expanded.has(path)) {
    const list = document.createElement('ul')
    list.append(...(await branch(path).catch((error) => [note(error.message)])))
    line.append(list)
  }
  return line
}

async function choose(entry) {
  if (entry.isFolder) {
    // The first click selects an open folder, the next closes it.
    if (expanded.has(entry.path) && selected?.path === entry.path) expanded.delete(entry.path)
    else expanded.add(entry.path)
    selected = entry
  } else if (await openFile(entry.path)) selected = entry
  await draw()
}

const changed = () => open !== null && open.content !== null && editor.value !== open.saved

/** @returns false when the person wants to keep editing unsaved text */
async function openFile(path) {
  if (open?.path === path && changed()) return showFile()
  if (
    changed() &&
    (await ask(`${open.path} is not saved. Discard your changes?`, { button: 'Discard', danger: true })) === null
  ) {
    return false
  }
  const file = await get('file', path)
  const eol = file.content?.includes('\r\n') ? '\r\n' : '\n'
  editor.value = file.content ?? ''
  // Read back from the editor, where lines always end with \n.
  open = { path, ...file, eol, saved: editor.value }
  return showFile()
}

function showFile() {
  document.body.classList.toggle('open', open !== null)
  editor.hidden = open === null || open.content === null
  $('hint').hidden = !editor.hidden
  $('hint').textContent = open
    ? `This file is not text (${open.size.toLocaleString()} bytes), so the editor cannot show it.`
    : 'Choose a file, or create one.'
  $('title').textContent = open?.path ?? 'No file open'
  document.title = open ? `${open.path} · THON editor` : 'THON editor'
  showState()
  return true
}

function showState() {
  $('save').disabled = !changed()
  showStatus(changed() ? 'Not saved' : '')
}

let saving = false

async function save() {
  if (saving || !changed()) return
  const file = open
  const text = editor.value
  saving = true
  showStatus('Saving…')
  try {
    file.version = await write(file, text.replaceAll('\n', file.eol))
    file.saved = text
  } finally {
    saving = false
    showState()
  }
  if (!changed()) showStatus('Saved')
}

/** Saves the file and returns its new version. Asks first when the file has changed since it was opened. */
async function write(file, content) {
  const { path, version } = file
  try {
    return (await post('save', { path, content, version })).version
  } catch (error) {
    const gone = error.status === 404
    if (!gone && error.status !== 409) throw error
    const question = gone
      ? `${path} was deleted in the meantime. Create it again?`
      : `${path} has changed since you opened it. Overwrite it with your text?`
    if ((await ask(question, { button: gone ? 'Create' : 'Overwrite', danger: !gone })) === null) throw error
    const current = gone ? null : (await get('file', path)).version
    return (await post('save', { path, content, version: current })).version
  }
}

/** Where new entries go: into the selected folder, or next to the selected file. */
const target = () => (selected ? (selected.isFolder ? selected.path : parent(selected.path)) : '')

async function create(kind) {
  const folder = target()
  const name = await ask(`New ${kind} in ${folder || 'the workspace'}`, { value: '', button: 'Create' })
  if (!name) return
  const path = join(folder, name)
  if (kind === 'folder') await post('folder', { path })
  else await post('save', { path, content: '', version: null })
  if (folder) expanded.add(folder)
  await choose({ path, isFolder: kind === 'folder' })
  if (kind === 'file') editor.focus()
}

async function rename() {
  const { path, isFolder } = selected
  const name = await ask(`Rename ${path} to`, { value: path.split('/').at(-1), button: 'Rename' })
  if (!name) return
  const to = join(parent(path), name)
  if (to === path) return
  await post('rename', { path, to })
  const moved = (old) => (old === path || old.startsWith(`${path}/`) ? to + old.slice(path.length) : old)
  for (const folder of [...expanded]) if (expanded.delete(folder)) expanded.add(moved(folder))
  if (open) open.path = moved(open.path)
  selected = { path: to, isFolder }
  if (open) $('title').textContent = open.path
  await draw()
}

async function remove() {
  const { path, isFolder } = selected
  const what = isFolder ? `the folder ${path} and everything in it` : path
  if ((await ask(`Delete ${what}? This cannot be undone.`, { button: 'Delete', danger: true })) === null) return
  await post('delete', { path })
  selected = null
  if (open && (open.path === path || open.path.startsWith(`${path}/`))) {
    open = null
    editor.value = ''
    showFile()
  }
  await draw()
}

$('new-file').addEventListener('click', () => attempt(() => create('file')))
$('new-folder').addEventListener('click', () => attempt(() => create('folder')))
$('rename').addEventListener('click', () => attempt(rename))
$('delete').addEventListener('click', () => attempt(remove))
$('refresh').addEventListener('click', () => attempt(draw))
$('save').addEventListener('click', () => attempt(save))
$('cancel').addEventListener('click', () => $('dialog').close(''))
$('back').addEventListener('click', () => document.body.classList.remove('open'))
$('tree').addEventListener('click', (event) => {
  // A click next to the entries selects the workspace itself, where new entries then go.
  if (event.target !== $('tree')) return
  selected = null
  void attempt(draw)
})
editor.addEventListener('input', showState)
// Escape, then Tab, leaves the editor; otherwise people without a mouse could not leave it.
let tabLeaves = false
editor.addEventListener('keydown', (event) => {
  if (event.key === 'Tab' && !event.ctrlKey && !event.altKey && !event.shiftKey && !tabLeaves) {
    event.preventDefault()
    // Unlike an assignment to `value`, this can be undone.
    document.execCommand('insertText', false, '\t')
  }
  tabLeaves = event.key === 'Escape'
})
addEventListener('keydown', (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 's') {
    event.preventDefault()
    void attempt(save)
  }
})
addEventListener('beforeunload', (event) => changed() && event.preventDefault())

await attempt(draw)
