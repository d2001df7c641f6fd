import { compare, inTurns, type BenchRow } from '../kit/measure.ts'
import { removePeerNetwork } from '../kit/sandboxes.ts'
import { OurHall } from './ours.ts'
import { PlainHall } from './plain.ts'

const PEOPLE = 60
const ROUNDS = 5
const CONCURRENCIES = [2, 4, 8, 16]
const GOAL = 1.15

/**
 * How long until a hall of 60 people has its sandboxes, all answering: through the mutation `startGroup` of a whole THON,
 * seen by a subscriber, against a loop that does nothing but call Docker, at whichever concurrency suits it best.
 */
export async function benchStart(): Promise<BenchRow[]> {
  const ours = await OurHall.open()
  try {
    const plain = new PlainHall(await ours.warmUp(PEOPLE))
    const best = await bestConcurrency(plain)
    const measured = await inTurns(
      ROUNDS,
      () => timed('THON', () => ours.start(PEOPLE)),
      () => timed('plain', () => plain.start(PEOPLE, best)),
    )
    const note = `from the mutation startGroup to the last "Running" at a subscriber; peer: a plain dockerode loop, ${best} at a time (the best of ${CONCURRENCIES.join(', ')}), from its first call to the last /healthz.`
    return [compare(`start of ${PEOPLE} sandboxes`, 's', measured, GOAL, note)]
  } finally {
    await ours.close()
    await removePeerNetwork()
  }
}

/** Each is tried twice, there and back, so that one unlucky moment does not choose a slower peer. */
async function bestConcurrency(plain: PlainHall): Promise<number> {
  const tried: { concurrency: number; seconds: number }[] = []
  for (const concurrency of [...CONCURRENCIES, ...CONCURRENCIES.toReversed()]) {
    const seconds = await timed(`plain, ${concurrency} at a time`, () => plain.start(PEOPLE, concurrency))
    tried.push({ concurrency, seconds })
  }
  return tried.reduce((best, one) => (one.seconds < best.seconds ? one : best)).concurrency
}

async function timed(who: string, run: () => Promise<number>): Promise<number> {
  const seconds = await run()
  console.log(`  ${who}: ${seconds.toFixed(2)} s`)
  return seconds
}
