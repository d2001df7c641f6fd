/**
 * Measures THON against the plainest program that does the same, both in one run on one machine: `npm run bench`.
 * Prints a table and writes `bench/results.json`, or for some of them a file of their own. Only ratios mean anything from one machine to the next.
 *
 * usage: node bench/run.ts [a|b|c|d|e|f ...]
 *     a: start of 60 sandboxes, b: fan-out to 1,000 subscribers, c: list of groups, d: REST lists, e: the way to a sandbox,
 *     f: applying the configuration of the AI gateway
 */
import { ensureDocker, ensureTestImages } from '../tests/kit/docker.ts'
import { benchFanOut } from './fanout/bench.ts'
import { benchGateway } from './gateway/bench.ts'
import { benchGroups } from './groups/bench.ts'
import type { Row } from './kit/measure.ts'
import { describeMachine, publish } from './kit/report.ts'
import { benchProxy } from './proxy/bench.ts'
import { benchRest } from './rest/bench.ts'
import { benchStart } from './start/bench.ts'

const BENCHES: Record<string, () => Promise<Row[]>> = {
  a: benchStart,
  b: benchFanOut,
  c: benchGroups,
  d: benchRest,
  e: benchProxy,
  f: benchGateway,
}

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !(name in BENCHES))
if (unknown.length > 0)
  throw new Error(`There is no benchmark ${unknown.join(', ')}; choose of ${Object.keys(BENCHES).join(', ')}.`)

await ensureDocker()
await ensureTestImages()
const machine = await describeMachine()
const rows: Row[] = []
for (const [name, bench] of Object.entries(BENCHES)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue
  console.log(`\n(${name})`)
  rows.push(...(await bench()))
}
publish({ machine, rows }, wanted)
