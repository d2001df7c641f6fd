import type { Differences } from '../kit/conformance/difference.ts'
import { refused } from './listed.ts'

const UNREADABLE = /^Lemonade returned an unreadable answer/

/** Answers that are not JSON objects caused bugs. */
export const fake: Differences = Object.fromEntries(
  ['notjson', 'empty', 'list', 'string'].flatMap((mode) =>
    ['health', 'slots', 'load'].map((asked) => [
      `${asked}, upstream ${mode}`,
      refused(18, 'an answer that is not a JSON object is an error of Lemonade', 502, UNREADABLE),
    ]),
  ),
)
