/** Several measurements of one value. */
export interface Spread {
  min: number
  median: number
  max: number
  /** Number of measurements. */
  count: number
}

/** One line of the table: THON against a peer that was measured in the same run. */
export interface BenchRow {
  what: string
  unit: string
  ours: Spread
  peer: Spread
  /** Ours as a multiple of the peer's, by their medians. */
  ratio: number
  /** The ratio must not exceed this; null without a goal. */
  goal: number | null
  /** What the peer is, and what else helps to read the numbers. */
  note: string
}

/** Compares the medians of both sides. @param goal the ratio must not exceed this; null for no goal */
export function compare(
  what: string,
  unit: string,
  measured: { ours: number[]; peer: number[] },
  goal: number | null,
  note: string,
): BenchRow {
  const ours = spread(measured.ours)
  const peer = spread(measured.peer)
  return { what, unit, ours, peer, ratio: ours.median / peer.median, goal, note }
}

function spread(values: number[]): Spread {
  if (values.length === 0) throw new Error('nothing was measured')
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  const median = ((sorted[Math.ceil(middle) - 1] as number) + (sorted[Math.floor(middle)] as number)) / 2
  return { min: sorted[0] as number, median, max: sorted.at(-1) as number, count: sorted.length }
}

/** Runs both sides alternately, A B B A A B …, so that other load on the machine affects both alike. */
export async function inTurns(
  rounds: number,
  ours: () => Promise<number>,
  peer: () => Promise<number>,
): Promise<{ ours: number[]; peer: number[] }> {
  const measured = { ours: [] as number[], peer: [] as number[] }
  for (let round = 0; round < rounds; round++) {
    const both = [async () => measured.ours.push(await ours()), async () => measured.peer.push(await peer())]
    for (const one of round % 2 ? both.reverse() : both) await one()
  }
  return measured
}

/** Milliseconds of a clock that all processes of this machine share. */
export function now(): number {
  return Number(process.hrtime.bigint()) / 1e6
}
