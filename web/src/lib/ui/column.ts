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
  /** On a phone, where rows are cards: their heading; without a label, for what speaks for itself; or not at all. */
  phone?: 'title' | 'bare' | 'hidden'
}

/** What a table is sorted by. */
export interface Sort {
  key: string
  descending: boolean
}
