import fc from 'fast-check'
import { once } from 'node:events'
import { PassThrough, Duplex } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { Tunnel } from '../../server/proxy/tunnel.ts'

const GOING_AWAY = Buffer.from([0x88, 0x02, 0x03, 0xe9])

/** A frame of a server, with its length as short as possible. */
function frame(length: number): Buffer {
  const body = Buffer.alloc(length, 0x88)
  if (length < 126) return Buffer.concat([Buffer.from([0x82, length]), body])
  const head = Buffer.alloc(length < 65_536 ? 4 : 10)
  head[0] = 0x82
  if (length < 65_536) head.writeUInt16BE(length, 2)
  else head.writeBigUInt64BE(BigInt(length), 2)
  head[1] = length < 65_536 ? 126 : 127
  return Buffer.concat([head, body])
}

/** Lets everything that is written arrive. */
const turn = () => new Promise((resolve) => setImmediate(resolve))

test('the close frame of the proxy comes after a whole frame, however the bytes arrive', async () => {
  const lengths = fc.array(fc.oneof(fc.nat(300), fc.constantFrom(125, 126, 65_535, 65_536)), {
    minLength: 1,
    maxLength: 6,
  })
  await fc.assert(
    fc.asyncProperty(
      lengths,
      fc.array(fc.integer({ min: 1, max: 70_000 }), { minLength: 1 }),
      fc.nat(8),
      async (sizes, cuts, at) => {
        const frames = sizes.map(frame)
        const bytes = Buffer.concat(frames)
        const [far, seen] = [new PassThrough(), new PassThrough()]
        const client = Duplex.from({ readable: new PassThrough(), writable: seen })
        const received = buffer(seen)
        const tunnel = new Tunnel(client, far)
        far.pipe(client)
        for (let start = 0, index = 0; start < bytes.length; index++) {
          if (index === at) tunnel.goAway()
          const end = start + (cuts[index % cuts.length] as number)
          far.write(bytes.subarray(start, end))
          start = end
          await turn()
        }
        tunnel.goAway()
        await turn()
        const all = await received
        const ends = frames.map((_, index) => Buffer.concat(frames.slice(0, index + 1)).length)
        expect(all.subarray(-4)).toEqual(GOING_AWAY)
        const passed = all.length - 4
        expect([0, ...ends]).toContain(passed)
        expect(all.subarray(0, passed).equals(bytes.subarray(0, passed))).toBe(true)
      },
    ),
    { numRuns: 200 },
  )
})

test('a client that does not answer the close frame is cut off', async () => {
  const client = new PassThrough()
  new Tunnel(client, new PassThrough()).goAway()
  await once(client, 'close')
  expect(client.destroyed).toBe(true)
})
