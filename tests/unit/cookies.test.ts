import { expect, test } from 'vitest'
import { allowedSetCookies, cookieValues, withoutThonCookies } from '../../server/proxy/cookies.ts'

test.for([
  ['a=1; b=2', 'a=1; b=2'],
  ['a=1; session=v1:id:mac; b', 'a=1; b'],
  ['session="v1:id:mac"; session=v1%3Aid', undefined],
  ['session=flask', 'session=flask'],
  ['thon-pass=x; thon-pass-32768=y; __Host-thon-pass=z; __Host-session=w', undefined],
  ['THON-PASS=x; sign-in-abcdef12=state', undefined],
  ['my-session=v1:x; thon-passport=1', 'my-session=v1:x; thon-passport=1'],
  [' ;; a=1;', 'a=1'],
  // Other people's cookies keep their bytes, their order and their repetitions.
  ['b=%7B"x"; a="q=1"; b=2; c', 'b=%7B"x"; a="q=1"; b=2; c'],
  ['', undefined],
] as const)('of the cookies "%s" a sandbox sees "%s"', ([header, left]) => {
  expect(withoutThonCookies(header)).toBe(left)
})

test('all values of a repeated cookie are found', () => {
  expect(cookieValues('a=1; b=2; a=3=4; aa=5', 'a')).toEqual(['1', '3=4'])
  expect(cookieValues(undefined, 'a')).toEqual([])
})

test.for([
  ['a=1; Domain=hall.example; Path=/; Secure', 'a=1; Path=/; Secure'],
  ['a=1;DOMAIN =x;HttpOnly', 'a=1; HttpOnly'],
  ['a=1; domain', 'a=1'],
  ['a=Domain=x', 'a=Domain=x'],
  [
    'a=%20"b"; Expires=Thu, 01 Jan 2037 00:00:00 GMT; Partitioned; Priority=High; X-New=1',
    'a=%20"b"; Expires=Thu, 01 Jan 2037 00:00:00 GMT; Partitioned; Priority=High; X-New=1',
  ],
  ['thon-pass=x; Path=/', undefined],
  ['session=v1:x:y', undefined],
  ['', undefined],
] as const)('"%s" becomes "%s"', ([header, set]) => {
  expect(allowedSetCookies([header], '')).toEqual(set === undefined ? [] : [set])
})

test('where paths tell sandboxes apart, cookies get that path', () => {
  expect(allowedSetCookies(['a=1; Path=/', 'b=2', 'c=3; path=/x; Secure', 'd=4; Path=else'], '/32768')).toEqual([
    'a=1; Path=/32768/',
    'b=2; Path=/32768/',
    'c=3; Secure; Path=/32768/x',
    'd=4; Path=/32768/',
  ])
})
