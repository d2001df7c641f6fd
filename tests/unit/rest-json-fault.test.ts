import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { findJsonError } from '../../server/rest/json-errors.ts'

describe('where a text stops being JSON', () => {
  // From json.loads of CPython 3.11: text, JSONDecodeError.pos, JSONDecodeError.msg.
  test.for([
    ['', 0, 'Expecting value'],
    [' ', 1, 'Expecting value'],
    ['\n\t ', 3, 'Expecting value'],
    ['{', 1, 'Expecting property name enclosed in double quotes'],
    ['[', 1, 'Expecting value'],
    ['"', 0, 'Unterminated string starting at'],
    ['}', 0, 'Expecting value'],
    [']', 0, 'Expecting value'],
    [',', 0, 'Expecting value'],
    [':', 0, 'Expecting value'],
    ['{]', 1, 'Expecting property name enclosed in double quotes'],
    ['[}', 1, 'Expecting value'],
    ['{"a"', 4, "Expecting ':' delimiter"],
    ['{"a":', 5, 'Expecting value'],
    ['{"a": ', 6, 'Expecting value'],
    ['{"a" 1}', 5, "Expecting ':' delimiter"],
    ['{"a":1', 6, "Expecting ',' delimiter"],
    ['{"a":1,', 7, 'Expecting property name enclosed in double quotes'],
    ['{"a":1, ', 8, 'Expecting property name enclosed in double quotes'],
    ['[1', 2, "Expecting ',' delimiter"],
    ['[1,', 3, 'Expecting value'],
    ['[1 2]', 3, "Expecting ',' delimiter"],
    ['[,1]', 1, 'Expecting value'],
    ['[1,,2]', 3, 'Expecting value'],
    ['{,}', 1, 'Expecting property name enclosed in double quotes'],
    ['{"a":1,,"b":2}', 7, 'Expecting property name enclosed in double quotes'],
    ['{"a":1 "b":2}', 7, "Expecting ',' delimiter"],
    ['{a:1}', 1, 'Expecting property name enclosed in double quotes'],
    ["{'a':1}", 1, 'Expecting property name enclosed in double quotes'],
    ['{1:2}', 1, 'Expecting property name enclosed in double quotes'],
    ['{"a":}', 5, 'Expecting value'],
    ['{"a":,}', 5, 'Expecting value'],
    ['hello', 0, 'Expecting value'],
    ['nul', 0, 'Expecting value'],
    ['nulll', 4, 'Extra data'],
    ['null null', 5, 'Extra data'],
    ['nullnull', 4, 'Extra data'],
    ['tru', 0, 'Expecting value'],
    ['True', 0, 'Expecting value'],
    ['None', 0, 'Expecting value'],
    ['undefined', 0, 'Expecting value'],
    ['truefalse', 4, 'Extra data'],
    ['1 2', 2, 'Extra data'],
    ['1,', 1, 'Extra data'],
    ['01', 1, 'Extra data'],
    ['-', 0, 'Expecting value'],
    ['-a', 0, 'Expecting value'],
    ['--1', 0, 'Expecting value'],
    ['+1', 0, 'Expecting value'],
    ['1.', 1, 'Extra data'],
    ['1.e5', 1, 'Extra data'],
    ['.5', 0, 'Expecting value'],
    ['1e', 1, 'Extra data'],
    ['1e+', 1, 'Extra data'],
    ['1E5x', 3, 'Extra data'],
    ['0x10', 1, 'Extra data'],
    ['1_000', 1, 'Extra data'],
    ['-01', 2, 'Extra data'],
    ['"abc', 0, 'Unterminated string starting at'],
    ['"abc\\', 0, 'Unterminated string starting at'],
    ['"abc\\"', 0, 'Unterminated string starting at'],
    ['"a\\x"', 2, 'Invalid \\escape'],
    ['"a\\u12"', 3, 'Invalid \\uXXXX escape'],
    ['"a\\u12G4"', 3, 'Invalid \\uXXXX escape'],
    ['"\\uD800', 2, 'Invalid \\uXXXX escape'],
    ['"\\ud83d\\ude0"', 8, 'Invalid \\uXXXX escape'],
    ['"tab\there"', 4, 'Invalid control character at'],
    ['"nl\nhere"', 3, 'Invalid control character at'],
    ['"nul\u0000"', 4, 'Invalid control character at'],
    ['"del\u007f"x', 6, 'Extra data'],
    ['"c1\u0085"x', 5, 'Extra data'],
    ['"a" "b"', 4, 'Extra data'],
    ['{"a":1}{"b":2}', 7, 'Extra data'],
    ['{} x', 3, 'Extra data'],
    ['[] ]', 3, 'Extra data'],
    ['[[[1]]', 6, "Expecting ',' delimiter"],
    ['[[[[', 4, 'Expecting value'],
    ['{"a":{"b":[1,{"c":', 18, 'Expecting value'],
    ['["😀😀", x]', 7, 'Expecting value'],
    ['"😀', 0, 'Unterminated string starting at'],
    ['\u00a0{}', 0, 'Expecting value'],
    ['{"a":1}\u00a0', 7, 'Extra data'],
    ['\u2028[]', 0, 'Expecting value'],
    ['{"é": "ü" "x"}', 10, "Expecting ',' delimiter"],
    ['// c\n{}', 0, 'Expecting value'],
    ['{"a":1}//', 7, 'Extra data'],
    ['{"a":1,/**/"b":2}', 7, 'Expecting property name enclosed in double quotes'],
    ['[1;2]', 2, "Expecting ',' delimiter"],
    ['{"a"=1}', 4, "Expecting ':' delimiter"],
    ['{"a":1;}', 6, "Expecting ',' delimiter"],
    ['<html>', 0, 'Expecting value'],
    ['name=form', 0, 'Expecting value'],
    ['{"name": ', 9, 'Expecting value'],
    ['{"a": "b","a"}', 13, "Expecting ':' delimiter"],
    ['{"a":"b" ,"c" }', 14, "Expecting ':' delimiter"],
    ['[true,fals]', 6, 'Expecting value'],
    ['[nan]', 1, 'Expecting value'],
    ['\\', 0, 'Expecting value'],
    ['"\\', 0, 'Unterminated string starting at'],
    ['"\\u', 2, 'Invalid \\uXXXX escape'],
    ['\u0000', 0, 'Expecting value'],
    ['퟿', 0, 'Expecting value'],
    ['{"a":\n  [1,\n   2,\n   x]}', 21, 'Expecting value'],
    ['[1e]', 2, "Expecting ',' delimiter"],
    ['[-]', 1, 'Expecting value'],
    ['[1.]', 2, "Expecting ',' delimiter"],
    ['{"a":"\\q"}', 6, 'Invalid \\escape'],
    ['{"a":"x\u001f"}', 7, 'Invalid control character at'],
  ] as const)('%j: at %i, %s', ([text, at, message]) => {
    expect(() => JSON.parse(text) as unknown).toThrow(SyntaxError)
    expect(findJsonError(text)).toEqual({ at, message })
  })

  // Messages of CPython 3.13; older versions report what follows the comma.
  test.for([
    ['{"a":1,}', 6, 'Illegal trailing comma before end of object'],
    ['{"a":1 , }', 7, 'Illegal trailing comma before end of object'],
    ['[1,]', 2, 'Illegal trailing comma before end of array'],
    ['[1 ,\n]', 3, 'Illegal trailing comma before end of array'],
    ['{"😀":1,}', 6, 'Illegal trailing comma before end of object'],
    ['{"name": "a",}', 12, 'Illegal trailing comma before end of object'],
  ] as const)('%j: at %i, %s', ([text, at, message]) => {
    expect(() => JSON.parse(text) as unknown).toThrow(SyntaxError)
    expect(findJsonError(text)).toEqual({ at, message })
  })

  test('is reported for what only Python accepts as JSON, too', () => {
    for (const text of ['NaN', 'Infinity', '-Infinity', '[NaN]'])
      expect(findJsonError(text)).toEqual({ at: text.startsWith('[') ? 1 : 0, message: 'Expecting value' })
  })

  test('is found in a text that is very long, or nested deeper than the stack', () => {
    expect(findJsonError('['.repeat(1_000_000))).toEqual({ at: 0, message: 'Expecting value' })
    expect(findJsonError(`"${'x'.repeat(1_000_000)}`)).toEqual({ at: 0, message: 'Unterminated string starting at' })
    expect(findJsonError(`[${'1,'.repeat(500_000)}x`)).toEqual({ at: 1_000_001, message: 'Expecting value' })
  }, 5_000)
})

/** JSON with a few characters put in, taken out or changed. */
const mutated = fc
  .tuple(
    fc.oneof(fc.json({ maxDepth: 4 }), fc.json({ maxDepth: 4, stringUnit: 'binary' }), fc.string({ unit: 'binary' })),
    fc.array(
      fc.tuple(
        fc.nat(200),
        fc.nat(3),
        fc.oneof(
          fc.constantFrom(...Array.from('{}[]",:\\0-.eEu tnf\n'), '\u0000', '\u0085', '👍', '\ud800'),
          fc.string({ maxLength: 3 }),
        ),
      ),
      { maxLength: 3 },
    ),
  )
  .map(([text, edits]) =>
    edits.reduce((now, [at, out, put]) => {
      const place = at % (now.length + 1)
      return now.slice(0, place) + put + now.slice(place + out)
    }, text),
  )

test('an error is found, inside the text, exactly when JSON.parse fails', () => {
  let refused = 0
  fc.assert(
    fc.property(mutated, (text) => {
      const { at, message } = findJsonError(text)
      if (isJson(text)) {
        // The result when there is no error to find.
        expect({ at, message }).toEqual({ at: 0, message: 'Expecting value' })
        return
      }
      refused += 1
      if (/^\s*[["{]/.test(text)) expect([at, message]).not.toEqual([0, 'Expecting value'])
      expect(message).toMatch(/^(Expecting|Extra|Unterminated|Invalid|Illegal)/)
      expect(at).toBeGreaterThanOrEqual(0)
      expect(at).toBeLessThanOrEqual(Array.from(text).length)
      if (message === 'Extra data') expect(isJson(Array.from(text).slice(0, at).join(''))).toBe(true)
    }),
    { numRuns: 5_000, seed: 20261123 },
  )
  expect(refused).toBeGreaterThan(1_000)
})

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
