import type { Differences } from '../kit/conformance/difference.ts'
import { refused } from './listed.ts'

const UNREADABLE = /^Lemonade returned an unreadable answer/

/** Answers that are no JSON objects were bugs. */
export const fake: Differences = Object.fromEntries(
  ['notjson', 'empty', 'list', 'string'].flatMap((mode) =>
    ['health', 'slots', 'load'].map((asked) => [
      `${asked}, upstream ${mode}`,
      refused(18, 'an answer that is no JSON object is a fault of Lemonade', 502, UNREADABLE),
    ]),
  ),
)
