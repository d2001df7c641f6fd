/** One column of a DataTable. How a cell is drawn beyond plain text is a snippet of the table, named by the key. */
export interface Column<Row> {
  key: string
  header: string
  /** What the header means, shown when the pointer rests on it. */
  hint?: string
  /** A grid track that depends on no content: `minmax(8rem, 2fr)`, `7rem`. One fraction by default. */
  width?: string
  /** Its header sorts; the key goes to `onsort`. */
  sortable?: boolean
  /** What the cell says, when no snippet draws it. */
  text?: (row: Row) => string
  align?: 'end'
  /** Shown only where the table has some room (52rem), or much (64rem); as a card has it, too. */
  room?: 'some' | 'much'
  /** On a phone, where rows are cards: their heading; without a label, for what speaks for itself; or not at all. */
  phone?: 'title' | 'bare' | 'hidden'
}

/** What a table is sorted by. */
export interface Sort {
  key: string
  descending: boolean
}

/** The grid tracks of a table, for three widths of it, as the custom properties it reads. */
export function tracksOf<Row>(columns: Column<Row>[], selectable: boolean, actionsWidth: string | undefined): string {
  const tracks = (some: Column<Row>[]) =>
    [selectable && '2.6rem', ...some.map(({ width = 'minmax(0, 1fr)' }) => width), actionsWidth]
      .filter(Boolean)
      .join(' ')
  const some = columns.filter(({ room }) => room !== 'much')
  const few = some.filter(({ room }) => room === undefined)
  return `--much-tracks: ${tracks(columns)}; --some-tracks: ${tracks(some)}; --few-tracks: ${tracks(few)}`
}
