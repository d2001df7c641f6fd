import { expect } from 'vitest'
import type { BrowserContext, Locator, Page } from 'playwright-core'

/** VS Code in a page, as somebody with a keyboard uses it. */
export class Workbench {
  readonly page: Page

  constructor(page: Page) {
    this.page = page
  }

  /** Waits until it can be worked with; loads the page again when a part of it was broken off (see kit/pages.ts). */
  async ready(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.page.locator('.monaco-workbench .statusbar').waitFor({ timeout: 30_000 })
        // The explorer lists files once the extension host's end of the WebSocket answers.
        await this.page.locator('.explorer-folders-view .monaco-list').waitFor({ timeout: 30_000 })
        break
      } catch (error) {
        if (attempt === 3) throw error
        await this.page.reload()
      }
    }
    await this.#trust()
  }

  /** Runs a command of the palette by its name. */
  async run(name: string): Promise<void> {
    await retried(async () => {
      const input = await this.#quickInput('F1')
      await input.fill(`>${name}`)
      await this.#row(name).click({ timeout: 5_000 })
    })
  }

  /** Makes a file with a text in it. */
  async write(path: string, text: string): Promise<void> {
    await this.run('Create: New Untitled Text File')
    await this.page.locator('.editor-instance .monaco-editor.focused').waitFor()
    await this.page.keyboard.type(text)
    await this.shows(text)
    const input = await this.#quickInput('Control+s')
    await retried(async () => {
      await input.fill(path)
      await input.press('Enter')
      await input.waitFor({ state: 'hidden', timeout: 5_000 })
    })
    await this.#tab(path.split('/').pop()!).waitFor()
  }

  /** Opens a file of the workspace by its name. */
  async open(name: string): Promise<void> {
    await retried(async () => {
      const input = await this.#quickInput('Control+p')
      await input.fill(name)
      await this.#row(name).click({ timeout: 5_000 })
      await this.#tab(name).waitFor({ timeout: 5_000 })
    })
  }

  /** Waits until the editor in front shows a text. */
  async shows(text: string): Promise<void> {
    // Monaco writes spaces as no-break spaces.
    const shown = async () =>
      (await this.page.locator('.editor-instance .view-lines').first().innerText()).replaceAll('\u00a0', ' ')
    await expect.poll(shown, { timeout: 20_000 }).toContain(text)
  }

  /** Opens a terminal and types a line into it. */
  async terminal(line: string): Promise<void> {
    await this.run('Terminal: Create New Terminal')
    await this.page.locator('.terminal-wrapper.active .xterm-screen').waitFor()
    await this.page.locator('.terminal-wrapper.active .xterm-helper-textarea').focus()
    await this.page.keyboard.type(`${line}\n`)
  }

  /** Presses keys until the quick input is there, and returns its field. */
  async #quickInput(keys: string): Promise<Locator> {
    const input = this.page.locator('.quick-input-widget input.input')
    await retried(async () => {
      await this.page.keyboard.press(keys)
      await input.waitFor({ timeout: 3_000 })
    })
    return input
  }

  #row(text: string): Locator {
    return this.page.locator('.quick-input-list .monaco-list-row', { hasText: text }).first()
  }

  #tab(name: string): Locator {
    return this.page.locator('.tabs-container .tab.active', { hasText: name })
  }

  async #trust(): Promise<void> {
    await this.page.addLocatorHandler(this.page.locator('.monaco-dialog-box', { hasText: 'trust the authors' }), () =>
      this.page.getByRole('button', { name: 'Yes, I trust the authors' }).click(),
    )
  }
}
