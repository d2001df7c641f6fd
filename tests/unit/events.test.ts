import { describe, expect, test } from 'vitest'
import { Channel, Events } from '../../server/core/events.ts'

describe('a channel', () => {
  test('delivers in the order of the pushes, before and after the reader came', async () => {
    const channel = new Channel<number>()
    channel.push(1)
    const read = [channel.next(), channel.next(), channel.next()]
    channel.push(2)
    channel.push(3)
    expect((await Promise.all(read)).map(({ value }) => value)).toEqual([1, 2, 3])
  })

  test('return takes effect while a next waits', async () => {
    const channel = new Channel<number>()
    const waiting = channel.next()
    await channel.return()
    expect(await waiting).toEqual({ value: undefined, done: true })
  })

  test('return throws away what is queued', async () => {
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

  test('its end is told once, however often it ends', async () => {
    let ends = 0
    const channel = new Channel<number>(() => (ends += 1))
    channel.end()
    channel.end()
    await channel.return()
    expect(ends).toBe(1)
  })

  test('a loop that breaks ends it', async () => {
    let ended = false
    const channel = new Channel<number>(() => (ended = true))
    channel.push(1)
    for await (const _ of channel) break
    expect(ended).toBe(true)
  })

  test('the backlog counts what nobody has read', async () => {
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
    const heard: string[] = []
    events.on('group', ({ id }) => heard.push(`first ${id}`))
    events.on('group', ({ id }) => heard.push(`second ${id}`))
    events.on('instance', () => heard.push('wrong'))
    events.publish('group', row('g'))
    expect(heard).toEqual(['first g', 'second g'])
  })

  test('reach nobody who stopped listening, and then nobody hears', () => {
    const events = new Events()
    const heard: string[] = []
    const stop = events.on('group', ({ id }) => heard.push(id))
    expect(events.isHeard('group')).toBe(true)
    stop()
    events.publish('group', row('g'))
    expect(heard).toEqual([])
    expect(events.isHeard('group')).toBe(false)
  })

  test('come as changes after one READY, from the call on', async () => {
    const events = new Events()
    events.publish('group', row('before'))
    const changes = events.changes('group')
    events.publish('group', row('after'))
    expect((await changes.next()).value).toEqual({ kind: 'READY', id: null, row: null })
    expect((await changes.next()).value.id).toBe('after')
    await changes.return()
    expect(events.isHeard('group')).toBe(false)
  })

  test('a stream that nobody has begun to read keeps what came', async () => {
    const events = new Events()
    const stream = events.stream('instance')
    events.publish('instance', row('one'))
    expect((await stream.next()).value.id).toBe('one')
    await stream.return()
    expect(events.isHeard('instance')).toBe(false)
  })
})
