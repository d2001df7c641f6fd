import type { Pointer } from './json.ts'

/** The recorded answer with changes: for what is nearly the same, or follows from another difference. */
export interface Edit {
  /** Start from what is recorded at this step, `at` a part of its body. */
  like?: { step: string; at?: Pointer }
  /** Members and items that ours has not; what comes after a left out item moves up. Pointers as recorded. */
  without?: Pointer[]
  /** What ours has at these places, once the above is left out; a pattern may stand for a string. */
  values?: Record<Pointer, unknown>
}

/**
 * A step at which ours answers otherwise on purpose. What it answers instead is checked as strictly as a recording;
 * strings may hold `${captures}`, and patterns may stand for strings.
 */
export type Difference = {
  /** Of the table of defects in the contract, 1 to 21. */
  row: number
  why: string
  /** Captures that this step makes no more, by those that take their place in later steps. */
  stands?: Record<string, string>
  /** Captures that this step makes no more, and that nothing takes the place of: steps that need them are not sent. */
  gone?: string[]
  /** Captures that ours has in a header. */
  takes?: Record<string, { header: string; pattern: RegExp }>
} & ({ answer: OwnAnswer } | { edit: Edit })

/** A whole answer. */
export interface OwnAnswer {
  status: number
  /** JSON unless it says otherwise. */
  contentType?: string | null
  headers?: Record<string, string>
  body: unknown
}

/** Differences by the name of their step. */
export type Differences = Record<string, Difference>
