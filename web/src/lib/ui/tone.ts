/** What a color means; app.css has the colours. */
export type Tone = 'neutral' | 'info' | 'success' | 'warning' | 'danger' | 'accent'
