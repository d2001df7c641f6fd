/** What a color means; app.css has the colors. */
export type Tone = 'neutral' | 'info' | 'success' | 'warning' | 'danger' | 'accent'
