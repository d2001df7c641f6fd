import { browser } from '$app/env'

/** What the user chose; `system` follows the system. */
export type Theme = 'system' | 'dark' | 'light'

// app.html reads the same key before the first paint.
const KEY = 'thon-theme'

class ThemeChoice {
  value = $state<Theme>(
    browser ? ((document.documentElement.dataset.theme as Theme | undefined) ?? 'system') : 'system',
  )

  choose(theme: Theme): void {
    this.value = theme
    if (theme === 'system') {
      delete document.documentElement.dataset.theme
      localStorage.removeItem(KEY)
    } else {
      document.documentElement.dataset.theme = theme
      localStorage.setItem(KEY, theme)
    }
  }
}

/** The tab's theme. */
export const theme = new ThemeChoice()
