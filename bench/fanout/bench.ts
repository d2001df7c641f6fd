import type { Memory } from '../kit/child.ts'
import { compare, type BenchRow } from '../kit/measure.ts'
import type { Side } from './clients.ts'
import { FanOutHall, type Delay } from './hall.ts'

const SUBSCRIBERS = 1_000
/** How many more come when memory is measured: few would drown in the noise of a heap's growth. */
const MORE = 3_000
/** Memory can be measured only once in the life of a process, so the servers start again for each hall. */
const HALLS = 5
const ROUNDS = 6
const SIDES = ['ours', 'bare'] as const

type Measured<T> = Record<Side, T[]>

/**
 * How long until the last of 1,000 subscribers knows of a `docker pause` typed in a shell, and what a subscriber costs,
 * against a bare `ws` server that sends the same bytes. Both follow Docker's events; their sockets live side by side, each
 * side has a container of its own, and they are paused in turn, so only one of them has anything to do at a time.
 */
export async function benchFanOut(): Promise<BenchRow[]> {
  const delays: Measured<Delay> = { ours: [], bare: [] }
  const memory: Measured<Memory> = { ours: [], bare: [] }
  for (let number = 1; number <= HALLS; number++) {
    const hall = await FanOutHall.open()
    try {
      await measure(hall, delays, memory)
    } finally {
      await hall.close()
    }
    console.log(`  ${number} of ${HALLS}: ${SIDES.map((side) => told(side, delays, memory)).join('; ')}`)
  }
  return rows(delays, memory)
}

async function measure(hall: FanOutHall, delays: Measured<Delay>, memory: Measured<Memory>): Promise<void> {
  for (const side of SIDES) {
    await hall.connect(side, SUBSCRIBERS)
    await hall.pause(side)
  }
  for (let round = 0; round < ROUNDS; round++)
    for (const side of round % 2 ? SIDES.toReversed() : SIDES) delays[side].push(await hall.pause(side))
  for (const side of SIDES) {
    const before = await hall.memory(side)
    await hall.connect(side, MORE)
    await hall.pause(side)
    const after = await hall.memory(side)
    const each = (which: keyof Memory) => (after[which] - before[which]) / MORE / 1024
    memory[side].push({ resident: each('resident'), inUse: each('inUse') })
  }
}

function rows(delays: Measured<Delay>, memory: Measured<Memory>): BenchRow[] {
  const growth = `when ${MORE} more subscribers have come to the ${SUBSCRIBERS} and had their frames, each time after a collection (both sides run with --expose-gc).`
  return [
    compare(
      `docker pause → ${SUBSCRIBERS}th subscriber`,
      'ms',
      both(delays, 'fromShell'),
      1.3,
      'from the moment the command is typed (starting the docker program and pausing included, the same for both) to the frame at the last socket; peer: a bare ws broadcast of the same bytes.',
    ),
    compare(
      "  the same from Docker's event on",
      'ms',
      both(delays, 'fromEngine'),
      null,
      "the servers' share alone: from the time Docker gives the event to the frame at the last socket.",
    ),
    compare(
      '  resident memory of a subscriber',
      'KiB',
      both(memory, 'resident'),
      2,
      `growth of the server's resident memory ${growth}`,
    ),
    compare(
      '  memory in use by a subscriber',
      'KiB',
      both(memory, 'inUse'),
      null,
      `growth of what JavaScript objects take ${growth} Larger than the line above where new objects fit into room the heap had before; what the system keeps for each socket is not in it.`,
    ),
  ]
}

function both<T>(measured: Measured<T>, which: { [K in keyof T]: T[K] extends number ? K : never }[keyof T]) {
  const of = (side: Side) => measured[side].map((one) => one[which] as number)
  return { ours: of('ours'), peer: of('bare') }
}

function told(side: Side, delays: Measured<Delay>, memory: Measured<Memory>): string {
  const { fromShell, fromEngine } = delays[side].at(-1)!
  const { resident, inUse } = memory[side].at(-1)!
  return `${side} ${fromShell.toFixed(1)} ms, ${fromEngine.toFixed(1)} ms from the event, ${resident.toFixed(1)} KiB a subscriber, ${inUse.toFixed(1)} in use`
}
