import { z } from 'zod'
import { describe, expect, test } from 'vitest'
import { bounded, flag, integer, oneOf, text } from '../../server/rest/fields.ts'

/** JSON, and what pydantic 2.13 reads from it: a value, or the type of its error. */
type Row = readonly [json: string, outcome: { ok: unknown } | string]

const INTEGERS: Row[] = [
  ['0', { ok: 0 }],
  ['-0', { ok: 0 }],
  ['1', { ok: 1 }],
  ['-1', { ok: -1 }],
  ['8444', { ok: 8444 }],
  ['8444.0', { ok: 8444 }],
  ['8444.5', 'int_from_float'],
  ['-0.0', { ok: 0 }],
  ['0.5', 'int_from_float'],
  ['1e3', { ok: 1000 }],
  ['1e-3', 'int_from_float'],
  ['1e400', 'finite_number'],
  ['-1e400', 'finite_number'],
  ['true', { ok: 1 }],
  ['false', { ok: 0 }],
  ['null', 'int_type'],
  ['[]', 'int_type'],
  ['{}', 'int_type'],
  ['[1]', 'int_type'],
  ['""', 'int_parsing'],
  ['" "', 'int_parsing'],
  ['"8444"', { ok: 8444 }],
  ['" 8444 "', { ok: 8444 }],
  ['"+8444"', { ok: 8444 }],
  ['"-8444"', { ok: -8444 }],
  ['"--1"', 'int_parsing'],
  ['"+-1"', 'int_parsing'],
  ['"- 1"', 'int_parsing'],
  ['"8444.0"', { ok: 8444 }],
  ['"8444.000"', { ok: 8444 }],
  ['"8444."', 'int_parsing'],
  ['"8444.5"', 'int_parsing'],
  ['".0"', 'int_parsing'],
  ['"0.0"', { ok: 0 }],
  ['"-0"', { ok: 0 }],
  ['"1_000"', { ok: 1000 }],
  ['"1__000"', 'int_parsing'],
  ['"_1"', 'int_parsing'],
  ['"1_"', 'int_parsing'],
  ['"1_000.0"', { ok: 1000 }],
  ['"1_000.0_0"', 'int_parsing'],
  ['"0x10"', 'int_parsing'],
  ['"1e3"', 'int_parsing'],
  ['"00012"', { ok: 12 }],
  ['"0_0"', { ok: 0 }],
  ['"-007"', { ok: -7 }],
  ['"\\u0663"', 'int_parsing'],
  ['"\\uff11"', 'int_parsing'],
  ['"1\\u00a0"', { ok: 1 }],
  ['"\\u20031"', { ok: 1 }],
  ['"\\ufeff1"', 'int_parsing'],
  ['"1\\n"', { ok: 1 }],
  ['"1 2"', 'int_parsing'],
  ['"1,000"', 'int_parsing'],
  ['"abc"', 'int_parsing'],
  ['"true"', 'int_parsing'],
  ['"NaN"', 'int_parsing'],
  ['"Infinity"', 'int_parsing'],
  ['"1\\u0000"', 'int_parsing'],
  ['2', { ok: 2 }],
  ['2.0', { ok: 2 }],
  ['200', { ok: 200 }],
  ['201', { ok: 201 }],
  ['200.0', { ok: 200 }],
  ['"200"', { ok: 200 }],
  ['"201"', { ok: 201 }],
  ['"0"', { ok: 0 }],
  ['0.0', { ok: 0 }],
  ['1.0', { ok: 1 }],
  ['"-1"', { ok: -1 }],
]

const FLAGS: Row[] = [
  ['true', { ok: true }],
  ['false', { ok: false }],
  ['0', { ok: false }],
  ['1', { ok: true }],
  ['2', 'bool_parsing'],
  ['-1', 'bool_parsing'],
  ['0.0', { ok: false }],
  ['1.0', { ok: true }],
  ['2.0', 'bool_parsing'],
  ['0.5', 'bool_type'],
  ['-0', { ok: false }],
  ['-0.0', { ok: false }],
  ['1e400', 'bool_type'],
  ['1e300', 'bool_type'],
  ['123456789012345678901234567890', 'bool_type'],
  ['null', 'bool_type'],
  ['[]', 'bool_type'],
  ['{}', 'bool_type'],
  ['""', 'bool_parsing'],
  ['"0"', { ok: false }],
  ['"1"', { ok: true }],
  ['"2"', 'bool_parsing'],
  ['"on"', { ok: true }],
  ['"ON"', { ok: true }],
  ['"oFf"', { ok: false }],
  ['"t"', { ok: true }],
  ['"F"', { ok: false }],
  ['"Y"', { ok: true }],
  ['"n"', { ok: false }],
  ['"yes"', { ok: true }],
  ['"No"', { ok: false }],
  ['"True"', { ok: true }],
  ['"FALSE"', { ok: false }],
  ['" true"', 'bool_parsing'],
  ['"true "', 'bool_parsing'],
  ['"1.0"', 'bool_parsing'],
  ['"enabled"', 'bool_parsing'],
  ['"null"', 'bool_parsing'],
  ['"o\\ufb00"', 'bool_parsing'],
  ['"\\u017fo"', 'bool_parsing'],
  ['"ye\\u017f"', 'bool_parsing'],
  ['"fal\\u017fe"', 'bool_parsing'],
  ['[true]', 'bool_type'],
]

const TEXTS: Row[] = [
  ['""', { ok: '' }],
  ['"a"', { ok: 'a' }],
  ['"\\u0000"', { ok: '\u0000' }],
  ['"\\ud83d\\ude00"', { ok: '😀' }],
  ['5', 'string_type'],
  ['1.5', 'string_type'],
  ['true', 'string_type'],
  ['null', 'string_type'],
  ['[]', 'string_type'],
  ['["a"]', 'string_type'],
  ['{}', 'string_type'],
  ['{"a":1}', 'string_type'],
]

const WORDS: Row[] = [
  ['"Running"', { ok: 'Running' }],
  ['"Paused"', { ok: 'Paused' }],
  ['"running"', 'enum'],
  ['" Running"', 'enum'],
  ['"Runnin"', 'enum'],
  ['""', 'enum'],
  ['1', 'enum'],
  ['true', 'enum'],
  ['null', 'enum'],
  ['["Running"]', 'enum'],
  ['{}', 'enum'],
]

const FROM_1_TO_200: Row[] = [
  ['0', 'greater_than_equal'],
  ['1', { ok: 1n }],
  ['-1', 'greater_than_equal'],
  ['8444', 'less_than_equal'],
  ['true', { ok: 1n }],
  ['false', 'greater_than_equal'],
  ['"8444.0"', 'less_than_equal'],
  ['"9007199254740993"', 'less_than_equal'],
  ['"123456789012345678901234567890"', 'less_than_equal'],
  ['2.0', { ok: 2n }],
  ['200', { ok: 200n }],
  ['201', 'less_than_equal'],
  ['200.0', { ok: 200n }],
  ['"200"', { ok: 200n }],
  ['"201"', 'less_than_equal'],
  ['"0"', 'greater_than_equal'],
  ['"-1"', 'greater_than_equal'],
]

const FROM_1: Row[] = [
  ['0', 'greater_than_equal'],
  ['1', { ok: 1n }],
  ['-1', 'greater_than_equal'],
  ['8444', { ok: 8444n }],
  ['true', { ok: 1n }],
  ['false', 'greater_than_equal'],
  ['"8444.0"', { ok: 8444n }],
  ['"9007199254740993"', { ok: 9007199254740993n }],
  ['"123456789012345678901234567890"', { ok: 123456789012345678901234567890n }],
  ['2.0', { ok: 2n }],
  ['200', { ok: 200n }],
  ['201', { ok: 201n }],
  ['200.0', { ok: 200n }],
  ['"200"', { ok: 200n }],
  ['"201"', { ok: 201n }],
  ['"0"', 'greater_than_equal'],
  ['"-1"', 'greater_than_equal'],
]

/** The fixed sentences of pydantic. */
const MESSAGES: Record<string, string> = {
  int_type: 'Input should be a valid integer',
  int_parsing: 'Input should be a valid integer, unable to parse string as an integer',
  int_from_float: 'Input should be a valid integer, got a number with a fractional part',
  int_parsing_size: 'Unable to parse input string as an integer, exceeded maximum size',
  finite_number: 'Input should be a finite number',
  bool_type: 'Input should be a valid boolean',
  bool_parsing: 'Input should be a valid boolean, unable to interpret input',
  string_type: 'Input should be a valid string',
  enum: "Input should be 'Running', 'Paused' or 'Failed'",
  greater_than_equal: 'Input should be greater than or equal to 1',
  less_than_equal: 'Input should be less than or equal to 200',
}

describe('fields are read as pydantic reads them:', () => {
  test.for(INTEGERS)('an integer of %s', agrees(integer('')))
  test.for(FLAGS)('a flag of %s', agrees(flag('')))
  test.for(TEXTS)('a text of %s', agrees(text('')))
  test.for(WORDS)('a word of %s', agrees(oneOf(['Running', 'Paused', 'Failed'], '')))
  test.for(FROM_1_TO_200)('a number from 1 to 200 of %s', agrees(bounded('', 1, 200)))
  test.for(FROM_1)('a number from 1 of %s', agrees(bounded('', 1)))
})

function agrees(field: z.ZodType) {
  return ([json, outcome]: Row) => expect(read(field, JSON.parse(json))).toEqual(outcome)
}

/** The value, or the type of the error. Checks the error's message as well. */
function read(field: z.ZodType, value: unknown): { ok: unknown } | string {
  const parsed = field.safeParse(value)
  if (parsed.success) return { ok: parsed.data }
  const issue = parsed.error.issues[0] as z.core.$ZodIssueCustom
  const type = issue.params?.type as string
  expect([type, issue.message]).toEqual([type, MESSAGES[type]])
  return type
}

test('numbers of up to 4,300 digits are read, not counting leading zeros and space', () => {
  const long = (digits: number) => '1'.repeat(digits)
  expect(read(bounded('', 1), long(4300))).toEqual({ ok: BigInt(long(4300)) })
  expect(read(bounded('', 1), long(4301))).toBe('int_parsing_size')
  expect(read(bounded('', 1), `-${long(4299)}`)).toBe('greater_than_equal')
  expect(read(bounded('', 1), `-${long(4300)}`)).toBe('int_parsing_size')
  expect(read(bounded('', 1), '0'.repeat(5000))).toBe('greater_than_equal')
  expect(read(integer(''), '0'.repeat(5000))).toEqual({ ok: 0 })
  expect(read(integer(''), `${' '.repeat(5000)}1`)).toEqual({ ok: 1 })
  expect(read(integer(''), 'x'.repeat(5000))).toBe('int_parsing')
})

test('a hostile text of a megabyte is refused', () => {
  // Quadratic time would take longer than the test may.
  for (const part of ['1', ' ', '1_', '_', '0', '\ufeff', '-'])
    expect(read(bounded('', 1), `${part.repeat(1_000_000)}x`)).toBe('int_parsing')
})

test('an error contains the limit of its rule', () => {
  const ctxOf = (field: z.ZodType, value: unknown) =>
    (field.safeParse(value).error?.issues[0] as z.core.$ZodIssueCustom).params?.ctx as unknown
  expect(ctxOf(bounded('', 1, 200), 0)).toEqual({ ge: 1 })
  expect(ctxOf(bounded('', 1, 200), 201)).toEqual({ le: 200 })
  expect(ctxOf(oneOf(['a', 'b'], ''), 'c')).toEqual({ expected: "'a' or 'b'" })
  expect(ctxOf(oneOf(['a', 'b', 'c'], ''), 1)).toEqual({ expected: "'a', 'b' or 'c'" })
  expect(ctxOf(integer(''), 'x')).toBeUndefined()
})

test('an absent field is reported as missing, whatever its type', () => {
  for (const field of [integer(''), flag(''), text(''), oneOf(['a', 'b'], ''), bounded('', 1)]) {
    const issue = z.object({ field }).safeParse({}).error?.issues[0] as z.core.$ZodIssueCustom
    expect([issue.path, issue.message, issue.params?.type]).toEqual([['field'], 'Field required', 'missing'])
    expect(z.object({ field: field.optional() }).parse({})).toEqual({})
  }
})
