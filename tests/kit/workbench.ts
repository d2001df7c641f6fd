import { expect } from 'vitest'
import type { Locator, Page } from 'playwright-core'

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
    await this.run('File: New Untitled Text File')
    await this.page.locator('.editor-instance .monaco-editor.focused').waitFor()
    await this.page.keyboard.type(text)
    await this.shows(text)
    await retried(async () => {
      const input = await this.#quickInput('Control+s')
      // The dialog looks at the folder first, and then overwrites what was typed meanwhile.
      await this.page.waitForTimeout(1_000)
      await input.fill(path)
      await this.page.waitForTimeout(500)
      await input.press('Enter')
      await this.#tab(path.split('/').pop()!).waitFor({ timeout: 5_000 })
    })
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

  /** Waits until an editor shows a text: with a preview beside it, either half may be the one that files open in. */
  async shows(text: string): Promise<void> {
    // Monaco writes spaces as no-break spaces.
    const shown = async () =>
      (await this.page.locator('.editor-instance .view-lines').allInnerTexts()).join('\n').replaceAll('\u00a0', ' ')
    await expect.poll(shown, { timeout: 20_000 }).toContain(text)
  }

  /** Opens a terminal and types a line into it. */
  async terminal(line: string): Promise<void> {
    await this.run('Terminal: Create New Terminal')
    await this.page.locator('.terminal-wrapper.active .xterm-screen').waitFor()
    await this.page.locator('.terminal-wrapper.active .xterm-helper-textarea').focus()
    await this.page.keyboard.type(`${line}\n`)
  }

  /** What webviews show, such as the preview of a Markdown file. */
  async previews(): Promise<string> {
    const texts = this.page.frames().map((frame) =>
      frame
        .locator('body')
        .innerText({ timeout: 1_000 })
        .catch(() => ''),
    )
    return (await Promise.all(texts.slice(1))).join('\n')
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

/** Tries a few times: VS Code loses keys that are pressed while a part of it is being loaded. */
async function retried(act: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await act()
    } catch (error) {
      if (attempt === 5) throw error
    }
  }
}
