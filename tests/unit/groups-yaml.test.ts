import { describe, expect, test } from 'vitest'
import { InvalidInput } from '../../server/core/errors.ts'
import { parseGroups } from '../../server/groups/yaml.ts'

/** The problems of a file, as people read them. */
function problems(text: string): string[] {
  try {
    parseGroups(text)
  } catch (error) {
    if (error instanceof InvalidInput) return error.fields.map(({ message }) => message)
    throw error
  }
  throw new Error(`the file was accepted: ${text}`)
}

function names(text: string): string[] {
  return parseGroups(text).groups.flatMap((group) => [
    group.name,
    ...group.users.map((user) => `${group.name}/${user.name}`),
  ])
}

describe('shapes of a groups file', () => {
  test('a group is a list of names', () => {
    expect(parseGroups('groups:\n  alpha: [ann, bob]\n')).toEqual({
      events: [],
      groups: [{ name: 'alpha', users: [{ name: 'ann' }, { name: 'bob' }] }],
    })
  })

  test('a group is a map with users, a title and an event', () => {
    expect(parseGroups('groups:\n  alpha: { title: Team A, event_id: hack, users: [ann] }')).toEqual({
      events: [{ eventId: 'hack' }],
      groups: [{ name: 'alpha', title: 'Team A', eventId: 'hack', users: [{ name: 'ann' }] }],
    })
  })

  test('a user is a map with name, or username, and e-mail', () => {
    const { groups } = parseGroups(
      'groups:\n  a:\n    - { name: ann, email: ann@example.org }\n    - { username: bob }\n    - { name: cy, email: null }',
    )
    expect(groups[0]?.users).toEqual([{ name: 'ann', email: 'ann@example.org' }, { name: 'bob' }, { name: 'cy' }])
  })

  test('event_id at the top counts for every group', () => {
    const file = parseGroups('event_id: hack26\ntitle: Hack 2026\ngroups: { a: [], b: [] }')
    expect(file.events).toEqual([{ eventId: 'hack26', title: 'Hack 2026' }])
    expect(file.groups.map((group) => group.eventId)).toEqual(['hack26', 'hack26'])
  })

  test('several events, each with its title', () => {
    const file = parseGroups(
      'events: { one: { title: One }, two: {} }\ngroups:\n  a: { event_id: one, users: [] }\n  b: []',
    )
    expect(file.events).toEqual([{ eventId: 'one', title: 'One' }, { eventId: 'two' }])
    expect(file.groups.map((group) => group.eventId)).toEqual(['one', undefined])
  })

  test.for(['groups: { a: }', 'groups: { a: [] }', 'groups: { a: { users: } }', 'groups: { a: { users: [] } }'])(
    'a group without users: %s',
    (text) => expect(parseGroups(text).groups).toEqual([{ name: 'a', users: [] }]),
  )

  test('JSON is read too', () => expect(names('{"groups":{"a":["b"]}}')).toEqual(['a', 'a/b']))
  test('a byte order mark does not matter', () => expect(names('\uFEFFgroups: {a: [b]}')).toEqual(['a', 'a/b']))
  test('Windows line ends do not matter', () => expect(names('groups:\r\n  a:\r\n    - b\r\n')).toEqual(['a', 'a/b']))
  test('names are trimmed', () => expect(names('groups: { " a ": [" b "] }')).toEqual(['a', 'a/b']))
  test('a file may have no groups', () => expect(names('groups: {}')).toEqual([]))

  test('numbers, booleans and dates are names, as written', () => {
    expect(names('groups:\n  2026: [007, 1e3, 0x1F, 1.50, true, no, 2026-11-23]\n  yes: []')).toEqual([
      '2026',
      ...['007', '1e3', '0x1F', '1.50', 'true', 'no', '2026-11-23'].map((user) => `2026/${user}`),
      'yes',
    ])
  })

  test('an empty title clears the title, a missing one leaves it', () => {
    expect(parseGroups('groups: { a: { title: "", users: [] } }').groups[0]).toHaveProperty('title', null)
    expect(parseGroups('groups: { a: { users: [] } }').groups[0]).not.toHaveProperty('title')
  })
})

describe('problems of a groups file', () => {
  test.for([
    ['', 'line 1, column 1: the file must be a map with a "groups:" key'],
    ['- a', 'line 1, column 1: the file must be a map with a "groups:" key'],
    ['title: x', 'line 1, column 1: groups must be a map from group name to users'],
    ['groups: [a]', 'line 1, column 9: groups must be a map from group name to users'],
    ['groups:\n  a: ann', 'line 2, column 6: users of a must be a list'],
    ['groups:\n  a:\n    - [x]', 'line 3, column 7: user name must be text'],
    ['groups:\n  a:\n    - b/c', 'line 3, column 7: user name must be 1 to 64 letters'],
    ['groups:\n  a/b: []', 'line 2, column 3: group name must be 1 to 64 letters'],
    ['groups:\n  a: [x, y, x]', 'line 2, column 13: user x is listed twice in a'],
    ['groups:\n  a: [x, " x"]', 'line 2, column 10: user x is listed twice in a'],
    ['groups:\n  a: []\n  " a": []', 'line 3, column 3: group a is listed twice'],
    ['groups:\n  a: []\n  a: []', 'line 3, column 3: group a is listed twice'],
    ['groups:\n  a:\n    - { email: x@example.org }', 'line 3, column 7: a user needs a name'],
    ['groups:\n  a:\n    - { name: b/c }', 'line 3, column 15: name must be 1 to 64 letters'],
    ['groups:\n  a:\n    - { name: b, email: nobody }', 'line 3, column 25: email must be an e-mail address'],
    ['event_id: hack\nevents: { hack: {} }\ngroups: {}', 'line 2, column 11: event hack is listed twice'],
    ['events: []\ngroups: {}', 'line 1, column 9: events must be a map from event_id to {title}'],
    [`event_id: ${'x'.repeat(101)}\ngroups: {}`, 'line 1, column 11: event_id must be at most 100 characters'],
    [`title: ${'x'.repeat(201)}\ngroups: {}`, 'line 1, column 8: title must be at most 200 characters'],
  ] as const)('%j', ([text, problem]) => {
    const found = problems(text)
    expect(found).toHaveLength(1)
    expect(found[0]).toContain(problem)
  })

  test('broken YAML is reported with its line', () => {
    expect(problems('groups:\n  a: [x\n  b: ]')[0]).toMatch(/^line [23], column \d+: /)
    expect(problems('groups:\n\ta: [x]')[0]).toMatch(/^line 2, column 1: /)
  })

  test('all problems are reported at once, in their order', () => {
    expect(
      problems('groups:\n  a/b: []\n  c:\n    - d/e\n    - ok\n    - [f]').map((one) => one.split(':')[0]),
    ).toEqual([...['line 2, column 3', 'line 4, column 7', 'line 6, column 7']])
  })

  test('every problem names the argument', () => {
    try {
      parseGroups('groups: []')
      expect.unreachable()
    } catch (error) {
      expect((error as InvalidInput).fields[0]?.field).toBe('yaml')
    }
  })
})
