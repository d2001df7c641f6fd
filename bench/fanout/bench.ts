import { compare, type Row } from '../kit/measure.ts'
import type { Side } from './clients.ts'
import { FanOutHall, type Delay } from './hall.ts'

const SUBSCRIBERS = 1_000
/** How many more come when memory is measured: few would drown in the noise of a heap's growth. */
const MORE = 3_000
/** Servers are started anew so often, since memory can be measured only once in the life of a process. */
const HALLS = 5
const ROUNDS = 6
const SIDES = ['ours', 'bare'] as const

type Measured<T> = Record<Side, T[]>

/**
 * How long until the last of 1,000 subscribers knows of a `docker pause` typed in a shell, and what a subscriber costs,
 * against a bare `ws` server that sends the same bytes. Both follow Docker's events; their sockets live side by side, each
 * side has a container of its own, and they are paused in turn, so only one of them has anything to do at a time.
 */
export async function benchFanOut(): Promise<Row[]> {
  const delays: Measured<Delay> = { ours: [], bare: [] }
  const memory: Measured<number> = { ours: [], bare: [] }
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

async function measure(hall: FanOutHall, delays: Measured<Delay>, memory: Measured<number>): Promise<void> {
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
    memory[side].push(((await hall.memory(side)) - before) / MORE / 1024)
  }
}

function rows(delays: Measured<Delay>, memory: Measured<number>): Row[] {
  const taken = (which: keyof Delay) => ({
    ours: delays.ours.map((delay) => delay[which]),
    peer: delays.bare.map((delay) => delay[which]),
  })
  return [
    compare(
      `docker pause → ${SUBSCRIBERS}th subscriber`,
      'ms',
      taken('fromShell'),
      1.3,
      'from the moment the command is typed (starting the docker program and pausing included, the same for both) to the frame at the last socket; peer: a bare ws broadcast of the same bytes.',
    ),
    compare(
      "  the same from Docker's event on",
      'ms',
      taken('fromEngine'),
      null,
      "the servers' share alone: from the time Docker gives the event to the frame at the last socket.",
    ),
    compare(
      '  memory of a subscriber',
      'KiB',
      { ours: memory.ours, peer: memory.bare },
      2,
      `growth of the server's resident memory, each time after a collection, when ${MORE} more subscribers have come to the ${SUBSCRIBERS} and had their frames; both sides run with --expose-gc.`,
    ),
  ]
}

function told(side: Side, delays: Measured<Delay>, memory: Measured<number>): string {
  const { fromShell, fromEngine } = delays[side].at(-1)!
  return `${side} ${fromShell.toFixed(1)} ms, ${fromEngine.toFixed(1)} ms from the event, ${memory[side].at(-1)!.toFixed(1)} KiB a subscriber`
}
