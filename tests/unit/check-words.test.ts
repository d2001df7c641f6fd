import { describe, expect, test } from 'vitest'
import { findingsIn, withoutAllowed } from '../../scripts/check-words.ts'

const wordsIn = (file: string, source: string): string[] => findingsIn(file, source).map(({ word }) => word)

describe('the words check', () => {
  test('finds words in strings, templates and comments, at their lines', () => {
    const source = [
      '/** Who is in: whoever has the link. */',
      "const a = 'read it anew'",
      'const b = `it lies ${a} beside',
      '${a} the colour`',
      '// it starts',
      '// as it was',
    ].join('\n')
    expect(findingsIn('a.ts', source).map(({ line, word }) => [line, word])).toEqual([
      [1, 'whoever'],
      [2, 'anew'],
      [3, 'beside'],
      [4, 'colour'],
      [6, 'as it was'],
    ])
  })

  test('looks past identifiers, imports and regular expressions', () => {
    const source = "import { x } from './organiser.ts'\nexport const beside = x(/anew/, { whoever: 1 })\n"
    expect(wordsIn('a.ts', source)).toEqual([])
  })

  test('follows a comment from line to line', () => {
    expect(wordsIn('a.ts', '/**\n * This is\n * no address.\n */\n// Who goes\n// before it.\n')).toEqual([
      'is no',
      'goes before',
    ])
  })

  test('reads text, attributes, expressions and scripts of a component', () => {
    const source = [
      '<script lang="ts">',
      "  const said = 'whoever'",
      '</script>',
      '<p class="beside" title="anew">{said ? "the colour" : ""} Put out</p>',
    ].join('\n')
    expect(wordsIn('A.svelte', source)).toEqual(['whoever', 'anew', 'colour', 'Put out'])
  })

  test('leaves code in Markdown alone', () => {
    const source = '```sh\nwhoever\n```\n\nRun `anew`, [here](beside.md), whoever.\n'
    expect(findingsIn('a.md', source)).toMatchObject([{ line: 5, word: 'whoever' }])
  })

  test.each([
    'There is no limit.',
    'It is no longer there, and none of them is.',
    'The row as it was stored.',
    'It is realistic to organize an organism, canceled or not; controlled, compiled and installed.',
    'Each one’s children; this one’s; let go before the end.',
    'Nobody waits.',
    'Besides, it can be told apart.',
  ])('lets plain English pass: %s', (text) => {
    expect(wordsIn('a.md', text)).toEqual([])
  })

  test('counts somebody and nobody in a string, or in a sentence of prose', () => {
    expect(wordsIn('a.ts', "f('Nobody is here. Somebody was.')")).toEqual(['Nobody … Somebody'])
    expect(wordsIn('a.md', 'Nobody is here. Somebody was.')).toEqual([])
  })

  test('leaves out what is allowed, and names allowances that nothing needs', () => {
    const findings = findingsIn('docs/a.md', 'The colour, anew.')
    const colour = { file: 'docs/', word: 'colour', reason: 'a name' }
    const stale = { file: 'docs/a.md', word: 'whoever', reason: 'a quote' }
    const left = withoutAllowed(findings, [colour, stale])
    expect(left.findings.map(({ word }) => word)).toEqual(['anew'])
    expect(left.unused).toEqual([stale])
  })
})
