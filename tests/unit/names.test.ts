import { describe, expect, test } from 'vitest'
import { name, parse } from '../../server/core/input.ts'
import { hashedName, isName, sandboxName, slug } from '../../server/core/names.ts'
import { Random } from '../kit/random.ts'

/** Names that Docker accepts for containers and volumes. */
const DOCKER_NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/
const volume = (group: string, username: string) => sandboxName('thon-workspace', group, username)

describe('the rule for names', () => {
  test.for([
    'a',
    'Ann Lee',
    'team.1_x-y',
    '..x',
    '2026',
    'Łódź',
    'मुंबई',
    '東京',
    'Ünïcode',
    'a'.repeat(64),
    '字'.repeat(64),
    '𝒜',
  ])('accepts %j', (good) => expect(isName(good)).toBe(true))

  test.for([
    '',
    '.',
    '..',
    'a/b',
    'a\\b',
    'a\nb',
    'a\u0000b',
    'a\tb',
    'a\u007fb',
    '👍',
    'a:b',
    'a@b',
    "a'b",
    'a<b',
    'a\u200bb',
    'a'.repeat(65),
    '字'.repeat(65),
  ])('refuses %j', (bad) => expect(isName(bad)).toBe(false))

  test('names are trimmed before they are checked', () => {
    expect(parse(name, '  ann  ')).toBe('ann')
    expect(() => parse(name, '   ')).toThrow('must be 1 to 64')
    expect(() => parse(name, ' . ')).toThrow('must be 1 to 64')
  })
})

describe('names of volumes and containers', () => {
  test('plain names are readable', () => expect(volume('alpha', 'ann')).toBe('thon-workspace-alpha-ann'))
  test('a dash in the group name stays readable', () =>
    expect(volume('team-1', 'ann')).toBe('thon-workspace-team-1-ann'))
  test('a + b-c and a-b + c get different names', () => expect(volume('a', 'b-c')).not.toBe(volume('a-b', 'c')))
  test('case makes a difference', () => expect(volume('A', 'b')).not.toBe(volume('a', 'b')))
  test('a space and an underscore get different names', () => expect(volume('a b', 'c')).not.toBe(volume('a_b', 'c')))
  test('a group that ends in a dash cannot pass for a hashed name', () =>
    expect(volume('a-', 'b')).not.toBe('thon-workspace-a--b'))
  test('a different salt gives a different name', () =>
    expect(hashedName('v', 'a', 'b', '1')).not.toBe(hashedName('v', 'a', 'b', '2')))
  test('a slug is never empty', () => expect(slug('東京')).toBe('x'))
  test('the longest names fit Docker’s limit', () => {
    expect(volume('a'.repeat(64), 'b'.repeat(64)).length).toBeLessThanOrEqual(128)
    expect(volume('字'.repeat(64), 'ü'.repeat(64)).length).toBeLessThanOrEqual(128)
  })

  const alphabet = ['a', 'b', 'A', 'B', '0', '1', '.', '_', '-', ' ', 'é', 'É', 'ß', '字', 'م', '\u0301']

  test('many people get distinct names, which Docker accepts', () => {
    const random = new Random(7)
    const owners = new Map<string, string>()
    let people = 0
    while (people < 20_000) {
      const [group, username] = [random.text(alphabet, 1, 4).trim(), random.text(alphabet, 1, 4).trim()]
      if (!isName(group) || !isName(username)) continue
      people += 1
      const created = volume(group, username)
      const owner = JSON.stringify([group, username])
      expect(created).toMatch(DOCKER_NAME)
      expect(owners.get(created) ?? owner, created).toBe(owner)
      owners.set(created, owner)
    }
    expect(owners.size).toBeGreaterThan(10_000)
  })

  test('a name typed like a hashed one does not get that volume', () => {
    const hashed = volume('a', 'b-c').slice('thon-workspace-'.length)
    for (let cut = 1; cut < hashed.length - 1; cut++)
      expect(volume(hashed.slice(0, cut), hashed.slice(cut + 1))).not.toBe(volume('a', 'b-c'))
  })
})
