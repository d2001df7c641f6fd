import { describe, expect, test } from 'vitest'
import { Channel, Events } from '../../server/core/events.ts'

describe('a channel', () => {
  test('delivers in the order of the pushes, before and after reading starts', async () => {
    const channel = new Channel<number>()
    channel.push(1)
    const read = [channel.next(), channel.next(), channel.next()]
    channel.push(2)
    channel.push(3)
    expect((await Promise.all(read)).map(({ value }) => value as number)).toEqual([1, 2, 3])
  })

  test('return takes effect while a next waits', async () => {
    const channel = new Channel<number>()
    const waiting = channel.next()
    await channel.return()
    expect(await waiting).toEqual({ value: undefined, done: true })
  })

  test('return discards what is queued', async () => {
    const channel = new Channel<number>()
    channel.push(1)
    await channel.return()
    expect((await channel.next()).done).toBe(true)
    expect(channel.backlog).toBe(0)
  })

  test('end still delivers what is queued', async () => {
    const channel = new Channel<number>()
    channel.push(1)
    channel.end()
    channel.push(2)
    const read: number[] = []
    for await (const one of channel) read.push(one)
    expect(read).toEqual([1])
  })

  test('calls its end callback once, however often it ends', async () => {
    let ends = 0
    const channel = new Channel<number>(() => (ends += 1))
    channel.end()
    channel.end()
    await channel.return()
    expect(ends).toBe(1)
  })

  test('ends when a loop breaks', async () => {
    let ended = false
    const channel = new Channel<number>(() => (ended = true))
    channel.push(1)
    for await (const _ of channel) break
    expect(ended).toBe(true)
  })

  test('counts what has not been read in its backlog', async () => {
    const channel = new Channel<number>()
    for (const one of [1, 2, 3]) channel.push(one)
    expect(channel.backlog).toBe(3)
    await channel.next()
    expect(channel.backlog).toBe(2)
  })

  test('fail delivers what is queued, then the error once, then the end', async () => {
    const channel = new Channel<number>()
    channel.push(1)
    channel.fail(new Error('broken'))
    channel.fail(new Error('too late'))
    channel.push(2)
    expect(await channel.next()).toEqual({ value: 1, done: false })
    await expect(channel.next()).rejects.toThrow('broken')
    expect(await channel.next()).toEqual({ value: undefined, done: true })
  })

  test('fail rejects a next that waits', async () => {
    const channel = new Channel<number>()
    const waiting = expect(channel.next()).rejects.toThrow('broken')
    channel.fail(new Error('broken'))
    await waiting
    expect((await channel.next()).done).toBe(true)
  })
})

describe('events', () => {
  const row = (id: string) => ({ kind: 'ADDED' as const, id, row: {} as never })

  test('reach every listener of their topic, and no other', () => {
    const events = new Events()
    const received: string[] = []
    events.on('group', ({ id }) => received.push(`first ${id}`))
    events.on('group', ({ id }) => received.push(`second ${id}`))
    events.on('instance', () => received.push('wrong'))
    events.publish('group', row('g'))
    expect(received).toEqual(['first g', 'second g'])
  })

  test('do not reach a listener that stopped', () => {
    const events = new Events()
    const received: string[] = []
    const stop = events.on('group', ({ id }) => received.push(id))
    expect(events.isHeard('group')).toBe(true)
    stop()
    events.publish('group', row('g'))
    expect(received).toEqual([])
    expect(events.isHeard('group')).toBe(false)
  })

  test('arrive as changes after one READY, from the call on', async () => {
    const events = new Events()
    events.publish('group', row('before'))
    const changes = events.changes('group')
    events.publish('group', row('after'))
    expect((await changes.next()).value).toEqual({ kind: 'READY', id: null, row: null })
    expect((await changes.next()).value).toMatchObject({ id: 'after' })
    await changes.return()
    expect(events.isHeard('group')).toBe(false)
  })

  test('wait in a stream until it is read', async () => {
    const events = new Events()
    const stream = events.stream('instance')
    events.publish('instance', row('one'))
    expect((await stream.next()).value).toMatchObject({ id: 'one' })
    await stream.return()
    expect(events.isHeard('instance')).toBe(false)
  })
})
