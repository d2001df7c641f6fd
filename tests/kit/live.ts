import type { Client } from 'graphql-ws'
import { vi } from 'vitest'
import type { Events } from '../../server/core/events.ts'
import type { Frames, TestApp } from './app.ts'

/** A frame of `instanceChanged`. */
export interface Frame {
  instanceChanged: {
    kind: 'READY' | 'ADDED' | 'UPDATED' | 'REMOVED'
    id: string | null
    instance: { id: string; username: string; state: string; reason: string | null } | null
  }
}

export const INSTANCES = 'subscription { instanceChanged { kind id instance { id username state reason } } }'

export function follow(app: TestApp, client?: Client): Promise<Frames<Frame>> {
  return app.subscribe<Frame>(INSTANCES, {}, client)
}

/** The states of one instance in its frames, without repetitions. */
export function states(frames: Frame[], id: string): string[] {
  const all = frames.flatMap(({ instanceChanged: { instance } }) => (instance?.id === id ? instance.state : []))
  return all.filter((state, index) => state !== all[index - 1])
}

/** Whether a frame shows an instance in a state. */
export function says(id: string, state: string) {
  return ({ instanceChanged: { instance } }: Frame) => instance?.id === id && instance.state === state
}

/** Counts how often the topic of instances is opened from now on, and tells whether one of these listeners is left. */
export function executions(app: TestApp): { opened: () => number; heard: () => boolean } {
  const { events } = app.services
  const on = events.on.bind(events)
  const listening = new Set<object>()
  vi.spyOn(events, 'on').mockImplementation(((topic: never, listener: never) => {
    const stop = on(topic, listener)
    const one = {}
    if (topic === 'instance') listening.add(one)
    return () => {
      listening.delete(one)
      stop()
    }
  }) as Events['on'])
  const changes = vi.spyOn(app.services.instances, 'changes')
  return { opened: () => changes.mock.calls.length, heard: () => listening.size > 0 }
}
