import { expect, test } from 'vitest'
import { apart } from '../../web/src/lib/instances/address.ts'

test.for([
  ['http://127.0.0.1:40001/', '127.0.0.1', 'http://localhost:40001/'],
  ['http://127.0.0.1:40001/', 'localhost', 'http://127.0.0.1:40001/'],
  ['http://127.0.0.1:40001/', 'thon.example', 'http://127.0.0.1:40001/'],
  ['https://thon.example/40001/', 'thon.example', 'https://thon.example/40001/'],
] as const)(
  '%s is opened from a page of %s as %s, so that it gets no cookie of the page',
  ([url, hostname, opened]) => {
    expect(apart(url, hostname)).toBe(opened)
  },
)
