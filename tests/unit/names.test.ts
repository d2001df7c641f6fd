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

  test('names are trimmed first, then held to the rule', () => {
    expect(parse(name, '  ann  ')).toBe('ann')
    expect(() => parse(name, '   ')).toThrow('must be 1 to 64')
    expect(() => parse(name, ' . ')).toThrow('must be 1 to 64')
  })
})

describe('names of volumes and containers', () => {
  test('plain names stay plain', () => expect(volume('alpha', 'ann')).toBe('thon-workspace-alpha-ann'))
  test('a group with a dash stays plain', () => expect(volume('team-1', 'ann')).toBe('thon-workspace-team-1-ann'))
  test('a + b-c and a-b + c differ', () => expect(volume('a', 'b-c')).not.toBe(volume('a-b', 'c')))
  test('case makes a difference', () => expect(volume('A', 'b')).not.toBe(volume('a', 'b')))
  test('a space and an underscore differ', () => expect(volume('a b', 'c')).not.toBe(volume('a_b', 'c')))
  test('a group that ends in a dash does not look like a hashed name', () =>
    expect(volume('a-', 'b')).not.toBe('thon-workspace-a--b'))
  test('a different salt gives a different name', () =>
    expect(hashedName('v', 'a', 'b', '1')).not.toBe(hashedName('v', 'a', 'b', '2')))
  test('a slug is never empty', () => expect(slug('東京')).toBe('x'))
  test('the longest names fit', () => {
    expect(volume('a'.repeat(64), 'b'.repeat(64)).length).toBeLessThanOrEqual(128)
    expect(volume('字'.repeat(64), 'ü'.repeat(64)).length).toBeLessThanOrEqual(128)
  })

  const alphabet = [...Array.from('abAB01._- éÉß字م'), '\u0301']

  test('no two of many users share a volume, and Docker accepts each name', () => {
    const random = new Random(7)
    const owners = new Map<string, string>()
    let people = 0
    while (people < 20_000) {
      const [group, username] = [random.text(alphabet, 1, 4).trim(), random.text(alphabet, 1, 4).trim()]
      if (!isName(group) || !isName(username)) continue
      people += 1
      const made = volume(group, username)
      const owner = JSON.stringify([group, username])
      expect(made).toMatch(DOCKER_NAME)
      expect(owners.get(made) ?? owner, made).toBe(owner)
      owners.set(made, owner)
    }
    expect(owners.size).toBeGreaterThan(10_000)
  })

  test('a user named like the hash of another does not get that volume', () => {
    const hashed = volume('a', 'b-c').slice('thon-workspace-'.length)
    for (let cut = 1; cut < hashed.length - 1; cut++)
      expect(volume(hashed.slice(0, cut), hashed.slice(cut + 1))).not.toBe(volume('a', 'b-c'))
  })
})
