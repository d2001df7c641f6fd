import { expect } from 'vitest'
import type { Locator, Page } from 'playwright-core'

/**
 * Settings under which VS Code opens nothing by itself: a dialog or a welcome page that comes while a test types takes the
 * focus, and the rest of the keys go there.
 */
export const QUIET_SETTINGS = {
  'security.workspace.trust.enabled': false,
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'editor.quickSuggestions': { other: 'off', comments: 'off', strings: 'off' },
  'workbench.editor.empty.hint': 'hidden',
  // Without it, the terminal's text is in the document.
  'terminal.integrated.gpuAcceleration': 'off',
}

/** VS Code in a page, used by keyboard. Every step waits for its effect, and is done again without one. */
export class Workbench {
  readonly page: Page

  constructor(page: Page) {
    this.page = page
  }

  /** Loads a page. Containers that start or stop on this machine break requests off (see kit/pages.ts). */
  async goto(url: string): Promise<void> {
    await retried(() => this.page.goto(url))
  }

  /** Loads the page again, and waits until VS Code is ready. */
  async reload(): Promise<void> {
    await retried(() => this.page.reload())
    await this.ready()
  }

  /** Waits until VS Code is ready for keys. Loads the page again if a part of it is missing. */
  async ready(): Promise<void> {
    await retried(
      async () => {
        await this.page.locator('.monaco-workbench .statusbar').waitFor({ timeout: 30_000 })
        // The explorer lists files once the extension host answers over its WebSocket.
        await this.page.locator('.explorer-folders-view .monaco-list').waitFor({ timeout: 30_000 })
      },
      () => this.page.reload(),
    )
  }

  /** Runs a command of the palette by its name. */
  async run(name: string): Promise<void> {
    await retried(async () => {
      const input = await this.#openQuickInput('F1')
      await input.fill(`>${name}`)
      await this.#row(name).click({ timeout: 5_000 })
      await this.#quickInput.waitFor({ state: 'hidden', timeout: 5_000 })
    })
  }

  /** Creates a file with a text in it. */
  async write(path: string, text: string): Promise<void> {
    const name = path.slice(path.lastIndexOf('/') + 1)
    await this.run('File: New Untitled Text File')
    const editor = this.page.locator('.editor-instance .monaco-editor').first()
    await retried(async () => {
      await editor.click({ timeout: 5_000 })
      await this.page.keyboard.press('Control+a')
      await this.page.keyboard.insertText(text)
      await this.shows(text, 5_000)
    })
    await retried(async () => {
      if (await this.#tab(name).isVisible()) return
      await editor.click({ timeout: 5_000 })
      const input = await this.#openQuickInput('Control+s')
      // The dialog first reads the folder, and then writes its own path over the input.
      await expect.poll(() => input.inputValue(), { timeout: 5_000 }).toMatch(/^\/./)
      await expect.poll(() => this.#isQuickInputBusy(), { timeout: 5_000 }).toBe(false)
      await input.fill(path)
      await expect.poll(() => this.#isQuickInputBusy(), { timeout: 5_000 }).toBe(false)
      await expect.poll(() => input.inputValue(), { timeout: 1_000 }).toBe(path)
      await input.press('Enter')
      await this.#tab(name).waitFor({ timeout: 5_000 })
    })
  }

  /** Opens a file of the workspace by its name. */
  async open(name: string): Promise<void> {
    await retried(async () => {
      const input = await this.#openQuickInput('Control+p')
      await input.fill(name)
      await this.#row(name).click({ timeout: 5_000 })
      await this.#tab(name).waitFor({ timeout: 5_000 })
    })
  }

  /** Waits until an editor shows a text. With a preview next to it, files may open in either half. */
  async shows(text: string, timeout = 20_000): Promise<void> {
    // Monaco writes spaces as no-break spaces.
    const shown = async () =>
      (await this.page.locator('.editor-instance .view-lines').allInnerTexts()).join('\n').replaceAll('\u00a0', ' ')
    await expect.poll(shown, { timeout }).toContain(text)
  }

  /** Opens a terminal and runs a line in it. @param done whether the line had its effect */
  async terminal(line: string, done: () => Promise<boolean>): Promise<void> {
    await this.run('Terminal: Create New Terminal')
    const terminal = this.page.locator('.terminal-wrapper.active')
    // The shell has printed its prompt.
    await expect.poll(() => terminal.locator('.xterm-rows').innerText(), { timeout: 30_000 }).toMatch(/\S/)
    await retried(async () => {
      await terminal.locator('.xterm-helper-textarea').focus()
      await this.page.keyboard.insertText(line)
      await this.page.keyboard.press('Enter')
      await expect.poll(done, { timeout: 10_000 }).toBe(true)
    })
  }

  /** Opens the preview of a Markdown file of the workspace, and waits until it shows a text. */
  async preview(name: string, text: string): Promise<void> {
    await retried(async () => {
      await this.open(name)
      await this.run('Markdown: Open Preview to the Side')
      await expect.poll(() => this.#webviewTexts(), { timeout: 15_000 }).toContain(text)
    })
  }

  async #webviewTexts(): Promise<string> {
    const texts = this.page.frames().map((frame) =>
      frame
        .locator('body')
        .innerText({ timeout: 1_000 })
        .catch(() => ''),
    )
    return (await Promise.all(texts.slice(1))).join('\n')
  }

  get #quickInput(): Locator {
    return this.page.locator('.quick-input-widget input.input')
  }

  /** Opens the quick input with keys, closing one that is open. */
  async #openQuickInput(keys: string): Promise<Locator> {
    await retried(async () => {
      if (await this.#quickInput.isVisible()) {
        await this.page.keyboard.press('Escape')
        await this.#quickInput.waitFor({ state: 'hidden', timeout: 3_000 })
      }
      await this.page.keyboard.press(keys)
      await this.#quickInput.waitFor({ timeout: 3_000 })
    })
    return this.#quickInput
  }

  #isQuickInputBusy(): Promise<boolean> {
    return this.page.locator('.quick-input-widget .monaco-progress-container.active').isVisible()
  }

  #row(text: string): Locator {
    return this.page.locator('.quick-input-list .monaco-list-row', { hasText: text }).first()
  }

  #tab(name: string): Locator {
    return this.page.locator('.tabs-container .tab.active', { hasText: name })
  }
}

/** Tries a few times: VS Code loses keys that are pressed while a part of it is loading. */
async function retried(act: () => Promise<unknown>, between?: () => Promise<unknown>) {
  for (let attempt = 1; ; attempt++) {
    try {
      await act()
      return
    } catch (error) {
      if (attempt === 5) throw error
      await between?.()
    }
  }
}
