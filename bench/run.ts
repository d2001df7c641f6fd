/**
 * Measures THON against the simplest program that does the same, both in one run on one machine: `npm run bench`.
 * Prints a table and writes `bench/results.json`, or `bench/results.<letters>.json` for some benchmarks. Only ratios can be compared
 * between machines.
 *
 * usage: node bench/run.ts [a|b|c|d|e|f ...]
 *     a: start of 60 sandboxes, b: fan-out to 1,000 subscribers, c: list of groups, d: REST lists, e: proxy to a sandbox,
 *     f: configuration of the AI gateway
 */
import { ensureDocker, ensureTestImages } from '../tests/kit/docker.ts'
import { benchFanOut } from './fanout/bench.ts'
import { benchGateway } from './gateway/bench.ts'
import { benchGroups } from './groups/bench.ts'
import type { BenchRow } from './kit/measure.ts'
import { describeMachine, publish } from './kit/report.ts'
import { benchProxy } from './proxy/bench.ts'
import { benchRest } from './rest/bench.ts'
import { benchStart } from './start/bench.ts'

const BENCHES: Record<string, () => Promise<BenchRow[]>> = {
  a: benchStart,
  b: benchFanOut,
  c: benchGroups,
  d: benchRest,
  e: benchProxy,
  f: benchGateway,
}

const requested = process.argv.slice(2)
const unknown = requested.filter((name) => !(name in BENCHES))
if (unknown.length > 0)
  throw new Error(`There is no benchmark ${unknown.join(', ')}. Choose from ${Object.keys(BENCHES).join(', ')}.`)

await ensureDocker()
await ensureTestImages()
const machine = await describeMachine()
const rows: BenchRow[] = []
for (const [name, bench] of Object.entries(BENCHES)) {
  if (requested.length > 0 && !requested.includes(name)) continue
  console.log(`\n(${name})`)
  rows.push(...(await bench()))
}
publish({ machine, rows }, requested)
