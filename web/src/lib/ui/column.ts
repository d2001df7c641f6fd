/** One column of a DataTable. How a cell is drawn beyond plain text is a snippet of the table, named by the key. */
export interface Column<Row> {
  key: string
  header: string
  /** A grid track that depends on no content: `minmax(8rem, 2fr)`, `7rem`. One fraction by default. */
  width?: string
  /** Its header sorts; the key goes to `onsort`. */
  sortable?: boolean
  /** What the cell says, when no snippet draws it. */
  text?: (row: Row) => string
  align?: 'end'
  /** Only where there is much room; a phone's cards have it. */
  wide?: boolean
  /** On a phone, where rows are cards: their heading; without a label, for what speaks for itself; or not at all. */
  phone?: 'title' | 'bare' | 'hidden'
}

/** What a table is sorted by. */
export interface Sort {
  key: string
  descending: boolean
}

/** Where there is much room, and where there is not: the grid tracks of a table, as the custom properties it reads. */
export function tracksOf(columns: Column<never>[], selectable: boolean, actionsWidth: string | undefined): string {
  const tracks = (some: Column<never>[]) =>
    [selectable && '2.6rem', ...some.map(({ width = 'minmax(0, 1fr)' }) => width), actionsWidth]
      .filter(Boolean)
      .join(' ')
  return `--all-tracks: ${tracks(columns)}; --few-tracks: ${tracks(columns.filter(({ wide }) => !wide))}`
}
