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

/** The states of one instance as its frames told them, repetitions left out. */
export function states(frames: Frame[], id: string): string[] {
  const told = frames.flatMap(({ instanceChanged: { instance } }) => (instance?.id === id ? instance.state : []))
  return told.filter((state, index) => state !== told[index - 1])
}

/** Whether a frame says that an instance is in a state. */
export function says(id: string, state: string) {
  return ({ instanceChanged: { instance } }: Frame) => instance?.id === id && instance.state === state
}

/** How often the subscribers' topic of instances was opened from now on, and whether any of those still listens. */
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
