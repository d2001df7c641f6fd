/** Values for fuzzed requests, from usual to absurd. */

export const NAMES = ['alpha', 'beta', 'ann', 'bob', 'Zoë', 'Команда', 'a b', 'x_1', 'a.b-c', '日本']

const DEEP = 3_000

/** JSON of unusual values. */
export const ODD = [
  ...words('null true false 0 -1 -0 1.5 1e400 -1e400 1e308 5e-324 65536 525601 9007199254740993'),
  ...words(
    '123456789012345678901234567890 "" "\\u0000" "a\\u0000b" "\\ud800" "\\udc00\\ud800x" "\\u202e" "👍🏽" "e\\u0301"',
  ),
  ...words('"__proto__" "constructor" "toString" "../../etc/passwd" "%00" "\\r\\nSet-Cookie:a=b" "${7*7}" "{{7*7}}"'),
  ...words('"8443" "1_0" "yes" "." ".." "<script>alert(1)</script>" [] [[]] [[[[1]]],["a"]] [null] ["a"] {} {"a":1}'),
  ...words('{"__proto__":{"polluted":1}} {"constructor":{"prototype":{"polluted":1}}} {"toJSON":1} {"length":-1}'),
  ...words('{"toString":1,"valueOf":2,"then":3} {"0":"a","length":1} {"":""}'),
  ...['" "', `"' OR 1=1 --"`, '9'.repeat(5_000), `"${'9'.repeat(5_000)}"`, `"${'x'.repeat(65)}"`],
  ...[`"${'👍'.repeat(5_000)}"`, `"${'x'.repeat(200_000)}"`, `[${'"x",'.repeat(2_500)}"x"]`],
  ...['['.repeat(DEEP) + ']'.repeat(DEEP), '{"a":'.repeat(DEEP) + '1' + '}'.repeat(DEEP)],
]

/** Names of undeclared fields. */
export const KEYS = [
  '__proto__',
  'constructor',
  'toString',
  'id',
  '',
  'name',
  'hasOwnProperty',
  '\ud800',
  'x'.repeat(5_000),
]

/** Bodies that are not JSON. */
export const BROKEN = [
  ...words(
    `{ [ " {"name": {"name":"a",} {"name""a"} {'name':'a'} {name:1} hello NaN [1,] {}{} 01 +1 1. \u0000 \ufeff undefined`,
  ),
  ...['{"name":"\\ud8"}', '{"name":"\\x"}', '{"name":"a\nb"}', ' ', '['.repeat(100_000), '{"a":'.repeat(50_000)],
  ...[`"${'\\'.repeat(9_999)}`, '{"a":1'.repeat(999)],
].map((text) => Buffer.from(text))

/** Bodies that are not UTF-8. */
export const NOT_UTF8 = ['\xff\xfe', '{"name":"\xff\xfe"}', '\xed\xa0\x80'].map((text) => Buffer.from(text, 'latin1'))

export const TYPES = [
  ...words(
    'text/plain application/x-www-form-urlencoded multipart/form-data application/xml APPLICATION/JSON application/jsonx',
  ),
  ...words(
    'application/vnd.api+json application/+json application/json,text/plain json ; / multipart/form-data;boundary=x',
  ),
  ...['', 'application/json; charset=utf-16', 'multipart/form-data; boundary=', 'x'.repeat(2_000)],
]

/** Segments to put in place of an id in a path. */
export const SEGMENTS = [
  ...words(
    '% %zz %E0%A4%A %C3%28 %ff %00 a%00b %2F a%2Fb %2e%2e .. . ... %5C \\ a\\b %F0%9F%8E%89 + %20 %25 %2525 ;a=b :id',
  ),
  ...words(
    `* {instance_id} __proto__ constructor toString null undefined -1 0 1e9 <x> " ' [ | %0d%0aX:1 @ http:%2f%2fa ~ ^`,
  ),
  ...words('bulk export events settings ! $ & ( = , `'),
  ...['x'.repeat(8_000), '%41'.repeat(2_000)],
]

export const QUERIES = [
  ...words(
    '? ?? ?= ?& ?% ?%zz=1 ?a ?a=%00 ?__proto__=1 ?constructor=1 ?state= ?state=running ?state=Running&state=Paused',
  ),
  ...words(
    '?state=Running&state=x ?state[]=Running ?page=0 ?page=-1 ?page=1.5 ?page=1e9 ?page=99999999999999999999999 ?page=',
  ),
  ...words(
    '?page=1&page=2 ?page=%F0%9F%8E%89 ?page_size=0 ?page_size=201 ?page_size=200 ?page_size=x ?page=%2B1 ?page=+1 ?a=b#c',
  ),
  ...words('?page=9007199254740993&page_size=200 ?delete_workspaces=true ?delete_workspaces=maybe ?delete_workspaces='),
  ...words('?delete_workspaces=1&delete_workspaces=0 ?group_id= ?group_id=%ff ?group_id=none ?group_id=a&group_id=b'),
  ...words('?group_id=%00 ?group_id=%ud800 ?\\'),
  ...[`?page=${'9'.repeat(4_400)}`, `?${'a=1&'.repeat(1_500)}`, `?a=${'x'.repeat(8_000)}`],
]

/** Every method that Node's parser accepts, except CONNECT, which does not arrive as a request. */
export const METHODS = words(
  'HEAD OPTIONS TRACE PROPFIND SEARCH PURGE LINK MKCOL QUERY M-SEARCH GET POST PUT PATCH DELETE',
)

function words(text: string): string[] {
  return text.split(' ')
}
