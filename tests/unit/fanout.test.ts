import {
  GraphQLBoolean,
  GraphQLObjectType,
  GraphQLSchema,
  GraphQLString,
  parse,
  type ExecutionArgs,
  type ExecutionResult,
} from 'graphql'
import { describe, expect, test } from 'vitest'
import { Channel } from '../../server/core/events.ts'
import { FanOut } from '../../server/graphql/fanout.ts'

/** A subscription to texts, with counters of what happened to it. */
function setup(options: { newest?: boolean } = {}) {
  const fanOut = new FanOut()
  const seen = { opened: 0, resolved: 0, returned: 0 }
  let source = new Channel<string>()
  let fault: Error | null = null
  const word = {
    type: GraphQLString,
    args: { loud: { type: GraphQLBoolean } },
    subscribe: (_root: unknown, _args: unknown, context: { replayNewest: () => void }) => {
      if (fault) throw fault
      seen.opened += 1
      if (options.newest) context.replayNewest()
      source = new Channel<string>(() => (seen.returned += 1))
      source.push('READY')
      return source
    },
    resolve: (text: string) => {
      seen.resolved += 1
      return text
    },
  }
  const query = new GraphQLObjectType({ name: 'Query', fields: { a: { type: GraphQLString } } })
  const subscription = new GraphQLObjectType({ name: 'Subscription', fields: { word } })
  const args: ExecutionArgs = {
    schema: new GraphQLSchema({ query, subscription }),
    document: parse('subscription { word }'),
  }
  return {
    ...{ fanOut, seen },
    push: (text: string) => source.push(text),
    endSource: () => source.end(),
    refuse: (error: Error | null) => (fault = error),
    replaceNext: (next: typeof source.next) => (source.next = next),
    join: async (key = 'k') => {
      const joined = await fanOut.subscribe(key, args)
      if (!(joined instanceof Channel)) throw new Error('refused')
      return joined
    },
    subscribe: (key = 'k') => fanOut.subscribe(key, args),
  }
}

async function word(channel: Channel<ExecutionResult>): Promise<unknown> {
  const result = await channel.next()
  return result.done ? 'END' : (result.value.data?.word ?? result.value.errors?.[0]?.message)
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
}

describe('one execution for many', () => {
  test('an event is resolved once, and delivered to every subscriber', async () => {
    const { seen, push, join, fanOut } = setup()
    const all = await Promise.all(Array.from({ length: 50 }, () => join()))
    for (const one of all) expect(await word(one)).toBe('READY')
    push('hello')
    for (const one of all) expect(await word(one)).toBe('hello')
    expect(seen).toMatchObject({ opened: 1, resolved: 2 })
    expect(fanOut.size).toBe(1)
  })

  test('another key gets another execution', async () => {
    const { seen, join, fanOut } = setup()
    await join('a')
    await join('b')
    expect(seen.opened).toBe(2)
    expect(fanOut.size).toBe(2)
  })

  test('a late subscriber gets READY, but not earlier events', async () => {
    const { push, join } = setup()
    const first = await join()
    await word(first)
    push('before')
    await word(first)
    const late = await join()
    push('after')
    expect([await word(late), await word(late)]).toEqual(['READY', 'after'])
  })

  test('a late subscriber to a current state gets the newest one', async () => {
    const { push, join } = setup({ newest: true })
    const first = await join()
    await word(first)
    push('newer')
    await word(first)
    expect(await word(await join())).toBe('newer')
  })
})

describe('ends', () => {
  test('a subscriber that leaves does not affect the others', async () => {
    const { seen, push, join } = setup()
    const [one, other] = [await join(), await join()]
    await word(other)
    await one.return()
    push('still')
    expect(await word(other)).toBe('still')
    expect(seen.returned).toBe(0)
  })

  test('the last subscriber closes the source, and the next one opens it again', async () => {
    const { seen, join, fanOut } = setup()
    const all = [await join(), await join()]
    for (const one of all) await one.return()
    await settle()
    expect([seen.returned, fanOut.size]).toEqual([1, 0])
    expect(await word(await join())).toBe('READY')
    expect(seen.opened).toBe(2)
  })

  test('the last subscriber closes the source, even while nothing happens', async () => {
    const { seen, join } = setup()
    const one = await join()
    await word(one)
    const waiting = word(one)
    await one.return()
    expect(await waiting).toBe('END')
    await settle()
    expect(seen.returned).toBe(1)
  })

  test('a source that ends does so for all, after its last events', async () => {
    const { push, endSource, join, fanOut } = setup()
    const one = await join()
    push('last')
    endSource()
    expect([await word(one), await word(one), await word(one)]).toEqual(['READY', 'last', 'END'])
    expect(fanOut.size).toBe(0)
  })

  test('an error of the source reaches every subscriber, and ends it', async () => {
    const { push, replaceNext, join, fanOut } = setup()
    const all = [await join(), await join()]
    for (const one of all) await word(one)
    replaceNext(() => Promise.reject(new Error('burst')))
    push('wakes the reader')
    for (const one of all) {
      expect(await word(one)).toBe('wakes the reader')
      expect(await word(one)).toBe('burst')
      expect(await word(one)).toBe('END')
    }
    expect(fanOut.size).toBe(0)
  })

  test('a slow subscriber is cut off, and the others are not', async () => {
    const { push, join } = setup()
    const [slow, quick] = [await join(), await join()]
    await word(quick)
    for (let index = 0; index < 2_100; index++) {
      push(`${index}`)
      expect(await word(quick)).toBe(`${index}`)
    }
    expect(await word(slow)).toBe('END')
    push('on')
    expect(await word(quick)).toBe('on')
  })

  test('an error at subscribe reaches the callers, and nothing is left over', async () => {
    const { refuse, subscribe, join, fanOut } = setup()
    refuse(new Error('no'))
    const [one, other] = await Promise.all([subscribe(), subscribe()])
    expect([one, other].map((result) => (result as ExecutionResult).errors?.[0]?.message)).toEqual(['no', 'no'])
    expect(fanOut.size).toBe(0)
    refuse(null)
    expect(await word(await join())).toBe('READY')
  })
})
