import { builder } from '../graphql/builder.ts'
import { Slots, StatsType, Status, SystemType } from './graphql.ts'
import { Models, Pulls } from './graphql-models.ts'

const told = 'at once: what it does not answer within a second is told as it was known before, asOf says when.'

builder.queryFields((t) => ({
  lemonadeStatus: t.field({
    type: Status,
    description: `The LLM server, ${told}`,
    resolve: async (_root, _args, { lemonade, viewer }) =>
      lemonade.status(await lemonade.sources(viewer).health.peek()),
  }),
  lemonadeStats: t.field({
    type: StatsType,
    description: `How fast it answers, ${told}`,
    resolve: (_root, _args, { lemonade, viewer }) => lemonade.sources(viewer).stats.peek(),
  }),
  lemonadeSlots: t.field({
    type: Slots,
    description: `Its slots, ${told}`,
    resolve: (_root, _args, { lemonade, viewer }) => lemonade.sources(viewer).slots.peek(),
  }),
  lemonadeSystem: t.field({
    type: SystemType,
    description: `Its machine, ${told}`,
    resolve: (_root, _args, { lemonade, viewer }) => lemonade.sources(viewer).system.peek(),
  }),
  lemonadeModels: t.field({
    type: Models,
    description: `Its models, ${told}`,
    resolve: (_root, _args, { lemonade, viewer }) => lemonade.sources(viewer).models.peek(),
  }),
  lemonadePulls: t.field({
    type: Pulls,
    description: `Its downloads, ${told}`,
    resolve: (_root, _args, { lemonade, viewer }) => lemonade.sources(viewer).pulls.peek(),
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
