import Docker from 'dockerode'
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { cpus, freemem, loadavg, totalmem } from 'node:os'
import { join } from 'node:path'
import type { BenchRow, Spread } from './measure.ts'

const folder = join(import.meta.dirname, '..')

/** The contents of `bench/results.json`. */
export interface BenchReport {
  machine: Awaited<ReturnType<typeof describeMachine>>
  rows: BenchRow[]
}

/** The machine and its software, as far as the numbers depend on them. */
export async function describeMachine() {
  const { Version: docker } = await new Docker().version()
  const git = (...args: string[]) => execFileSync('git', args, { encoding: 'utf8' }).trim()
  return {
    date: new Date().toISOString(),
    commit: git('rev-parse', 'HEAD'),
    /** Whether files differed from that commit. */
    changed: git('status', '--porcelain') !== '',
    node: process.version,
    docker,
    cores: cpus().length,
    cpu: cpus()[0]?.model ?? 'unknown',
    memoryGiB: round(totalmem() / 2 ** 30),
    freeGiB: round(freemem() / 2 ** 30),
    /** Load average of the minute before the first measurement. Well above 0.5 means that the machine was busy. */
    loadBefore: round(loadavg()[0] as number),
  }
}

/** Writes `bench/results.json`, or `bench/results.<letters>.json` for some of the benchmarks, and prints the table. */
export function publish(report: BenchReport, part: readonly string[]): void {
  const path = join(folder, ['results', ...(part.length > 0 ? [part.join('')] : []), 'json'].join('.'))
  writeFileSync(path, `${JSON.stringify(report, null, 2)}\n`)
  const { machine } = report
  console.log(
    `\n${machine.cores} × ${machine.cpu}, ${machine.memoryGiB} GiB, Node ${machine.node}, Docker ${machine.docker}, load before ${machine.loadBefore}\n`,
  )
  const head = ['benchmark', 'THON (min–max)', 'peer (min–max)', 'ratio', 'goal', 'verdict']
  const lines = [head, ...report.rows.map(lineOf)]
  const widths = head.map((_, column) => Math.max(...lines.map((line) => (line[column] as string).length)))
  for (const line of lines) console.log(line.map((cell, column) => cell.padEnd(widths[column] as number)).join('  '))
  for (const { what, note } of report.rows) console.log(`\n${what}: ${note}`)
  console.log(`\nWritten to ${path}`)
}

function lineOf(row: BenchRow): string[] {
  const goal = row.goal === null ? '–' : `≤ ${row.goal}`
  const verdict = row.goal === null ? '–' : row.ratio <= row.goal ? 'met' : 'MISSED'
  return [row.what, show(row.ours, row.unit), show(row.peer, row.unit), row.ratio.toFixed(2), goal, verdict]
}

function show({ min, median, max }: Spread, unit: string): string {
  return `${format(median)} ${unit} (${format(min)}–${format(max)})`
}

function format(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3)
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
