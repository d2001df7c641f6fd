import { expect, test } from 'vitest'
import type { FileGroup, GroupsFile } from '../../server/groups/model.ts'
import { formatGroups, parseGroups } from '../../server/groups/yaml.ts'
import { isName } from '../../server/core/names.ts'
import { Random } from '../kit/random.ts'

const letters = Array.from('abyzYN019._- é字م')
const anything = [...Array.from('ab :#-?[]{}&*!|>%@`"\'\\,=~\n\t\u0007é字👍'), '\u2028', '\u0085', '\uFEFF']
const tricky = [
  'yes',
  'no',
  'null',
  '~',
  '2026',
  '007',
  '1e3',
  '0x1F',
  'true',
  '-',
  '__proto__',
  '10',
  '9',
  '1_000',
  '.5',
]

function names(random: Random, count: number): string[] {
  const made = new Set<string>()
  while (made.size < count) {
    const one = (random.chance(30) ? random.of(tricky) : random.text(letters, 1, 12)).trim()
    if (isName(one)) made.add(one)
  }
  return [...made]
}

function title(random: Random): string | null {
  if (random.chance(40)) return null
  return (
    (random.chance(20) ? random.text(['long words ', 'and  more'], 8, 16) : random.text(anything, 1, 20)).trim() || null
  )
}

function anyFile(random: Random): GroupsFile {
  const events = names(random, random.below(4)).map((eventId) => ({ eventId, title: title(random) }))
  const groups = names(random, random.below(6)).map((name): FileGroup => {
    const users = names(random, random.below(5)).map((user, index) => ({
      name: user,
      email: random.chance(40) ? `u.${index}+x@example.org` : null,
    }))
    const event = events.length > 0 && random.chance(80) ? random.of(events).eventId : undefined
    return { name, title: title(random), eventId: event, users }
  })
  return { events, groups }
}

/** What an empty server stores of a file: titles and e-mail addresses that it leaves out become null. */
function meaning(file: GroupsFile) {
  return {
    events: file.events.map(({ eventId, title: heading }) => ({ eventId, title: heading ?? null })),
    groups: file.groups.map((group) => ({
      ...{ name: group.name, title: group.title ?? null, eventId: group.eventId ?? null },
      users: group.users.map(({ name, email }) => ({ name, email: email ?? null })),
    })),
  }
}

test('any export reads back as the same, in the same order', () => {
  const random = new Random(2026)
  for (let round = 0; round < 1_500; round++) {
    const file = anyFile(random)
    const text = formatGroups(file)
    expect(meaning(parseGroups(text)), text).toEqual(meaning(file))
  }
})

test('an export of one event has the shape that people write', () => {
  const users = [
    { name: 'ann', email: null },
    { name: 'bob', email: 'bob@example.org' },
  ]
  const text = formatGroups({
    events: [{ eventId: 'hack26', title: 'Hack 2026' }],
    groups: [
      { name: 'alpha', eventId: 'hack26', users },
      { name: 'beta', title: 'B', eventId: 'hack26', users: [] },
    ],
  })
  expect(text).toBe(
    'event_id: hack26\ntitle: Hack 2026\ngroups:\n  alpha:\n    - ann\n    - name: bob\n      email: bob@example.org\n  beta:\n    title: B\n    users: []\n',
  )
})
