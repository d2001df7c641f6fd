/** How the server compares names in a search. */
function fold(text: string): string {
  return text.normalize('NFKC').toLowerCase()
}

/** Whether the server finds the text by this search. */
export function isMatch(text: string, search: string): boolean {
  return search !== '' && fold(text).includes(fold(search))
}
