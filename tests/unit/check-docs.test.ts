import { describe, expect, test } from 'vitest'
import { anchorsOf, problemsOf } from '../../scripts/check-docs.ts'

/** What is wrong with pages, in a repository that has one picture as well. */
function problems(pages: Record<string, string>): string[] {
  return problemsOf(new Map(Object.entries(pages)), new Set([...Object.keys(pages), 'docs/a.png', 'server/main.ts']))
}

describe('the check of documents', () => {
  test('follows links to files, folders, headings and pictures', () => {
    const text =
      '# One `two`\n[a](docs/b.md#the-end) [self](#one-two) ![p](docs/a.png) [s](server/) <img src="docs/a.png">'
    expect(problems({ 'README.md': text, 'docs/b.md': '[up](../README.md)\n## The end?' })).toEqual([])
  })

  test('reports missing files, headings and pictures at their lines', () => {
    expect(
      problems({ 'README.md': '\n[a](b.md) ![p](docs/no.png)\n[c](docs/b.md#none)\n[d]: nowhere.md', 'docs/b.md': '' }),
    ).toEqual([
      'README.md:2: b.md: there is no such file in the repository',
      'README.md:2: docs/no.png: there is no such file in the repository',
      'README.md:3: docs/b.md#none: docs/b.md has no such heading',
      'README.md:4: nowhere.md: there is no such file in the repository',
    ])
  })

  test('looks past code and other sites', () => {
    expect(
      problems({ 'README.md': '```md\n[a](b.md)\n```\n`[a](b.md)` [x](https://x.example/y#z) [m](mailto:a@b.c)' }),
    ).toEqual([])
  })

  test('reports a page that no other page links to', () => {
    expect(problems({ 'README.md': '', 'docs/b.md': '[self](b.md)' })).toEqual(['docs/b.md: no other page links to it'])
  })

  test('reports a README that has grown too long', () => {
    expect(problems({ 'README.md': 'x'.repeat(8_001) })).toEqual([
      'README.md: 8001 bytes, at most 8000: move details to docs/',
    ])
  })

  test('names headings as GitHub does', () => {
    const text =
      '# A `b_c`: d & e\n## Same\n## Same\n### [Link](x.md) – dash\n```\n# not one\n```\n<a id="by-hand"></a>'
    expect([...anchorsOf(text)]).toEqual(['by-hand', 'a-b_c-d--e', 'same', 'same-1', 'link--dash'])
  })
})
