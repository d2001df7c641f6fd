import type { Locator } from 'playwright-core'
import { encode } from 'uqr'

/** The modules of a QR code that the page shows, row by row: `#` is black. */
export async function shownCode(image: Locator): Promise<string[]> {
  const source = (await image.getAttribute('src')) ?? ''
  const svg = decodeURIComponent(source.replace(/^data:image\/svg\+xml,/, ''))
  const size = Number(/viewBox="0 0 (\d+) /.exec(svg)?.[1]) / 10
  const rows = Array.from({ length: size }, () => Array.from({ length: size }, () => '.'))
  for (const [, x, y] of svg.matchAll(/M(\d+),(\d+)h10v10h-10z/g)) rows[Number(y) / 10]![Number(x) / 10] = '#'
  return rows.map((row) => row.join(''))
}

/** The modules of the QR code of a text. */
export function codeOf(text: string): string[] {
  const { data } = encode(text, { ecc: 'M', border: 4 })
  return data.map((row) => row.map((black) => (black ? '#' : '.')).join(''))
}
