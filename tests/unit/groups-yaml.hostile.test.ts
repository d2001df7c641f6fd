import { describe, expect, test } from 'vitest'
import { InvalidInput } from '../../server/core/errors.ts'
import { parseGroups } from '../../server/groups/yaml.ts'

const MIB = 1024 * 1024
/** Reading one may not block everybody else: in milliseconds of a slow and busy machine, a fraction of what a naive way takes. */
const CHEAP = 20_000

function refusal(text: string): InvalidInput {
  const began = performance.now()
  try {
    parseGroups(text)
  } catch (error) {
    expect(performance.now() - began).toBeLessThan(CHEAP)
    expect(error).toBeInstanceOf(InvalidInput)
    return error as InvalidInput
  }
  throw new Error('was taken')
}

function fill(line: (index: number) => string): string {
  const lines: string[] = []
  for (let length = 0, index = 0; length < MIB - 200; index++) {
    lines.push(line(index))
    length += (lines.at(-1) as string).length + 1
  }
  return lines.join('\n')
}

describe('hostile groups files are refused, and cheaply', () => {
  test('one that is too long', () => {
    expect(refusal('#'.repeat(MIB + 1)).message).toContain('at most 1 MiB')
  })

  test.for(['[', '{', '{a: ', '- ', '? '])('one that nests %j without end', (opener) => {
    refusal(`groups: ${opener === '- ' || opener === '? ' ? '\n  ' : ''}${opener.repeat(100_000)}`)
  })

  test('an alias bomb', () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]']
    for (let index = 1; index < 12; index++)
      lines.push(
        `a${index}: &a${index} [${Array(10)
          .fill(`*a${index - 1}`)
          .join(', ')}]`,
      )
    refusal(`${lines.join('\n')}\ngroups:\n  a: *a11`)
  })

  test('a million faults: the first ones are told, and that there are more', () => {
    const { fields } = refusal(`groups:\n  a:\n${fill(() => '    - /')}`)
    expect(fields.length).toBeLessThanOrEqual(101)
    expect(fields.at(-1)?.message).toMatch(/\d+ more/)
  })

  test('a million groups of the same name', () => {
    refusal(`groups:\n${fill(() => '  a:')}`)
  })
})

describe('large groups files are read in reasonable time', () => {
  test('very many groups', () => {
    const began = performance.now()
    const { groups } = parseGroups(`groups:\n${fill((index) => `  g${index}:`)}`)
    expect(groups.length).toBeGreaterThan(90_000)
    expect(performance.now() - began).toBeLessThan(CHEAP)
  })

  test('very many users in one group', () => {
    const began = performance.now()
    const { groups } = parseGroups(`groups:\n  a:\n${fill((index) => `    - u${index}`)}`)
    expect(groups[0]?.users.length).toBeGreaterThan(80_000)
    expect(performance.now() - began).toBeLessThan(CHEAP)
  })
})

test('names that mean something to JavaScript are names', () => {
  const { groups } = parseGroups('groups:\n  __proto__: [constructor, __proto__]\n  toString: []')
  expect(groups.map((group) => group.name)).toEqual(['__proto__', 'toString'])
  expect(groups[0]?.users.map((user) => user.name)).toEqual(['constructor', '__proto__'])
})
