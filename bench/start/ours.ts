import type { Client } from 'graphql-ws'
import { now } from '../kit/measure.ts'
import { dockerEnv, recipeOf, removeAll, type Recipe } from '../kit/sandboxes.ts'
import { Thon } from '../kit/thon.ts'

const WATCH = 'subscription { instanceChanged { id instance { state reason ref } } }'

interface Seen {
  state: string
  reason: string | null
  ref: string | null
}

/** A whole THON, and a subscriber that sees what a dashboard would. */
export class OurHall {
  readonly #thon: Thon
  readonly #client: Client
  readonly #seen = new Map<string, Seen>()
  #check: () => void = () => undefined
  #runs = 0

  private constructor(thon: Thon) {
    this.#thon = thon
    this.#client = thon.socket()
    this.#client.subscribe<{ instanceChanged: { id: string | null; instance: Seen | null } }>(
      { query: WATCH },
      {
        next: ({ data }) => {
          const { id, instance } = data!.instanceChanged
          if (id && instance) this.#seen.set(id, instance)
          this.#check()
        },
        error: console.error,
        complete: () => undefined,
      },
    )
  }

  static async open(): Promise<OurHall> {
    return new OurHall(await Thon.start(dockerEnv))
  }

  async close(): Promise<void> {
    await this.#client.dispose()
    await this.#thon.stop()
  }

  /** Starts everybody once, and tells what their containers are made of. */
  async warmUp(people: number): Promise<Recipe> {
    let recipe: Recipe | undefined
    await this.start(people, async () => (recipe = await recipeOf([...this.#seen.values()][0]!.ref!)))
    return recipe!
  }

  /**
   * Starts a new group of this size.
   * @param meanwhile done once they run, after the clock has stopped
   * @returns seconds until all are Running; everything created is removed afterwards
   */
  async start(people: number, meanwhile?: () => Promise<unknown>): Promise<number> {
    const group = `bench-${process.pid}-${++this.#runs}`
    const id = await this.#makeGroup(group, people)
    this.#seen.clear()
    const began = now()
    await this.#thon.execute('mutation ($id: ID!) { startGroup(input: { id: $id }) { instance { id state } } }', { id })
    await this.#until((states) => states.filter((state) => state === 'RUNNING').length === people)
    const seconds = (now() - began) / 1000
    await meanwhile?.()
    await removeAll(`thon.group=${group}`, `thon.group=${group}`)
    await this.#until((states) => states.every((state) => state === 'TERMINATED'))
    return seconds
  }

  async #makeGroup(name: string, people: number): Promise<string> {
    const users = Array.from({ length: people }, (_, index) => `user-${index + 1}`)
    const yaml = `groups:\n  ${name}: [${users.join(', ')}]\n`
    await this.#thon.execute('mutation ($yaml: String!) { importGroups(input: { yaml: $yaml }) { applied } }', { yaml })
    const found = await this.#thon.execute<{ groups: { items: { id: string }[] } }>(
      'query ($search: String!) { groups(filter: { search: $search }) { items { id } } }',
      { search: name },
    )
    return found.groups.items[0]!.id
  }

  /** @throws when one failed */
  #until(satisfied: (states: string[]) => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#check = () => {
        const failed = [...this.#seen.values()].find((one) => one.state === 'FAILED')
        if (failed) reject(new Error(`a sandbox failed: ${failed.reason}`))
        else if (satisfied([...this.#seen.values()].map((one) => one.state))) resolve()
      }
      this.#check()
    })
  }
}
