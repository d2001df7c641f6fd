import { builder } from '../graphql/builder.ts'
import { Slots, StatsType, Status, SystemType } from './graphql.ts'
import { Models, Pulls } from './graphql-models.ts'

builder.queryFields((t) => ({
  lemonadeStatus: t.field({
    type: Status,
    description: 'The LLM server, now.',
    resolve: async (_root, _args, { lemonade, viewer }) => lemonade.status(await lemonade.sources(viewer).health.get()),
  }),
  lemonadeStats: t.field({
    type: StatsType,
    description: 'How fast it answers, now.',
    resolve: (_root, _args, { lemonade, viewer }) => lemonade.sources(viewer).stats.get(),
  }),
  lemonadeSlots: t.field({
    type: Slots,
    description: 'Its slots, now.',
    resolve: (_root, _args, { lemonade, viewer }) => lemonade.sources(viewer).slots.get(),
  }),
  lemonadeSystem: t.field({
    type: SystemType,
    description: 'Its machine, now.',
    resolve: (_root, _args, { lemonade, viewer }) => lemonade.sources(viewer).system.get(),
  }),
  lemonadeModels: t.field({
    type: Models,
    description: 'Its models, now.',
    resolve: (_root, _args, { lemonade, viewer }) => lemonade.sources(viewer).models.get(),
  }),
  lemonadePulls: t.field({
    type: Pulls,
    description: 'Its downloads, now.',
    resolve: (_root, _args, { lemonade, viewer }) => lemonade.sources(viewer).pulls.get(),
  }),
}))

const pushed = 'first as it is, then after every change. Lemonade is asked while somebody is subscribed, once for all.'

builder.subscriptionFields((t) => ({
  lemonadeStatusChanged: t.field({
    type: Status,
    description: `The LLM server: ${pushed}`,
    subscribe: (_root, _args, { lemonade, viewer, replayNewest }) => {
      replayNewest()
      return lemonade.sources(viewer).health.watch()
    },
    resolve: (seen, _args, { lemonade }) => lemonade.status(seen),
  }),
  lemonadeStatsChanged: t.field({
    type: StatsType,
    description: `How fast it answers: ${pushed}`,
    subscribe: (_root, _args, { lemonade, viewer, replayNewest }) => {
      replayNewest()
      return lemonade.sources(viewer).stats.watch()
    },
    resolve: (seen) => ({ ...seen, value: seen.value && { ...seen.value, samples: seen.value.samples.slice(-1) } }),
  }),
  lemonadeSlotsChanged: t.field({
    type: Slots,
    description: `Its slots: ${pushed}`,
    subscribe: (_root, _args, { lemonade, viewer, replayNewest }) => {
      replayNewest()
      return lemonade.sources(viewer).slots.watch()
    },
    resolve: (seen) => seen,
  }),
  lemonadeSystemChanged: t.field({
    type: SystemType,
    description: `Its machine: ${pushed}`,
    subscribe: (_root, _args, { lemonade, viewer, replayNewest }) => {
      replayNewest()
      return lemonade.sources(viewer).system.watch()
    },
    resolve: (seen) => seen,
  }),
  lemonadeModelsChanged: t.field({
    type: Models,
    description: `Its models: ${pushed}`,
    subscribe: (_root, _args, { lemonade, viewer, replayNewest }) => {
      replayNewest()
      return lemonade.sources(viewer).models.watch()
    },
    resolve: (seen) => seen,
  }),
  lemonadePullsChanged: t.field({
    type: Pulls,
    description: `Its downloads: ${pushed}`,
    subscribe: (_root, _args, { lemonade, viewer, replayNewest }) => {
      replayNewest()
      return lemonade.sources(viewer).pulls.watch()
    },
    resolve: (seen) => seen,
  }),
}))
