import { describe, expect, test, vi } from 'vitest'
import { InvalidInput } from '../../server/core/errors.ts'
import { parseGroups } from '../../server/groups/yaml.ts'

const MIB = 1024 * 1024
/** Reading a file may not block the server. Far more than a slow machine needs, and a fraction of what quadratic time takes. */
vi.setConfig({ testTimeout: 20_000 })

function refusal(text: string): InvalidInput {
  try {
    parseGroups(text)
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidInput)
    return error as InvalidInput
  }
  throw new Error('the file was accepted')
}

function fill(line: (index: number) => string): string {
  const lines: string[] = []
  for (let length = 0, index = 0; length < MIB - 200; index++) {
    lines.push(line(index))
    length += (lines.at(-1) as string).length + 1
  }
  return lines.join('\n')
}

describe('a hostile groups file is refused in little time', () => {
  test('when it is too long', () => {
    expect(refusal('#'.repeat(MIB + 1)).message).toContain('at most 1 MiB')
  })

  test.for(['[', '{', '{a: ', '- ', '? '])('when it nests %j very deeply', (opener) => {
    refusal(`groups: ${opener === '- ' || opener === '? ' ? '\n  ' : ''}${opener.repeat(100_000)}`)
  })

  test('when it is an alias bomb', () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]']
    for (let index = 1; index < 12; index++)
      lines.push(
        `a${index}: &a${index} [${Array(10)
          .fill(`*a${index - 1}`)
          .join(', ')}]`,
      )
    refusal(`${lines.join('\n')}\ngroups:\n  a: *a11`)
  })

  test('when it has a million problems: the first are listed, the rest counted', () => {
    const { fields } = refusal(`groups:\n  a:\n${fill(() => '    - /')}`)
    expect(fields.length).toBeLessThanOrEqual(101)
    expect(fields.at(-1)?.message).toMatch(/\d+ more/)
  })

  test('when it has a million groups of the same name', () => {
    refusal(`groups:\n${fill(() => '  a:')}`)
  })
})

describe('a large groups file is read in reasonable time', () => {
  test('with very many groups', () => {
    const { groups } = parseGroups(`groups:\n${fill((index) => `  g${index}:`)}`)
    expect(groups.length).toBeGreaterThan(90_000)
  })

  test('with very many users in one group', () => {
    const { groups } = parseGroups(`groups:\n  a:\n${fill((index) => `    - u${index}`)}`)
    expect(groups[0]?.users.length).toBeGreaterThan(80_000)
  })
})

test('names with a meaning in JavaScript are names like any other', () => {
  const { groups } = parseGroups('groups:\n  __proto__: [constructor, __proto__]\n  toString: []')
  expect(groups.map((group) => group.name)).toEqual(['__proto__', 'toString'])
  expect(groups[0]?.users.map((user) => user.name)).toEqual(['constructor', '__proto__'])
})
