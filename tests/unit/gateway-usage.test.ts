import { expect, test } from 'vitest'
import { readingsOf, tokensIn, usedIn } from '../../server/gateway/usage.ts'

type Readings = ReturnType<typeof readingsOf>

/** Tokens in the current window of a minute, after each reading of one consumer's total. */
function used(...reads: [seconds: number, total: number | null][]): (number | null)[] {
  let known: Readings = new Map()
  let before: number | null = null
  return reads.map(([seconds, total]) => {
    const now = seconds * 1000
    known = readingsOf(new Map(total === null ? [] : [['ann', total]]), known, { now, before, windowOf: () => 60_000 })
    before = now
    const reading = known.get('ann')
    return reading ? usedIn(reading, now) : 0
  })
}

test('a window begins with the first tokens after the last one ended', () => {
  expect(used([0, 0], [15, 100], [30, 250], [74, 300], [76, 300], [90, 420])).toEqual([0, 100, 250, 300, 0, 120])
})

test('tokens used before the first reading leave the window unknown', () => {
  expect(used([0, 500], [15, 600], [30, 600], [61, 600], [75, 650])).toEqual([null, null, null, 0, 50])
})

test('after a pause without readings the window is unknown, unless nothing was used', () => {
  expect(used([0, 0], [600, 300], [615, 400], [661, 400], [675, 410])).toEqual([0, null, null, 0, 10])
  expect(used([0, 0], [600, 0], [615, 40])).toEqual([0, 0, 40])
})

test('a consumer that appears between readings has used its whole total', () => {
  expect(used([0, null], [15, 70])).toEqual([0, 70])
})

test('counters that restart with the gateway count from zero', () => {
  expect(used([0, 0], [15, 900], [30, 20], [45, 50])).toEqual([0, 900, 20, 50])
  expect(used([0, 0], [15, 900], [30, 0], [45, 50])).toEqual([0, 900, 0, 50])
})

test('tokens are summed over models and kinds, and other metrics are ignored', () => {
  const text = [
    '# TYPE apisix_llm_prompt_tokens counter',
    'apisix_llm_prompt_tokens{route_id="r",consumer="ann",llm_model="a"} 10',
    'apisix_llm_prompt_tokens{route_id="r",consumer="ann",llm_model="b"} 5',
    'apisix_llm_completion_tokens{route_id="r",consumer="ann",llm_model="a"} 1.5e2',
    'apisix_llm_completion_tokens{route_id="r",consumer="",llm_model="a"} 7',
    'apisix_llm_completion_tokens{route_id="r",consumer="bob"} NaN',
    'apisix_llm_prompt_tokens_dist_bucket{consumer="ann",le="1"} 99',
    'apisix_http_status{code="200",consumer="ann"} 3',
  ].join('\n')
  expect([...tokensIn(text)]).toEqual([['ann', 165]])
})
