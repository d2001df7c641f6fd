import type { Ending } from '../activity/outside.ts'
import type { ActivityService } from '../activity/service.ts'
import { authorize } from '../core/permissions.ts'
import type { Viewer } from '../core/viewer.ts'
import type { Db } from '../db/client.ts'
import type { LemonadeEnv } from '../config/ai.ts'
import { describeError, NotFound, UpstreamFailed } from '../core/errors.ts'
import { parse } from '../core/input.ts'
import { UpstreamFailure, type Snapshot } from '../upstream/polled-resource.ts'
import { LemonadeClient, LemonadeRefusal, type Json } from './client.ts'
import { LoadTracker } from './loads.ts'
import {
  loadInput,
  modelInput,
  pullInput,
  withSlots,
  type Health,
  type Load,
  type Pull,
  type Variants,
} from './model.ts'
import { readPull } from './pulls.ts'
import { readVariants } from './responses.ts'
import { LemonadeOverview } from './overview.ts'
import { LemonadeResources } from './resources.ts'

/**
 * Timeouts of commands, in milliseconds. Lemonade gives llama.cpp ten minutes to load a model, loads one model at a time, and
 * first downloads what is missing.
 */
const TIMEOUTS = { load: 2 * 60 * 60_000, stop: 30_000, startPull: 60_000, variants: 30_000 }

/** Whether Lemonade is online, how to reach it, and what it has in memory. */
export interface LemonadeStatus extends Snapshot<Health> {
  endpoint: string
  openaiUrl: string
  hasApiKey: boolean
  hasAdminKey: boolean
  loads: Load[]
}

/** What the service needs. */
export interface LemonadeDeps {
  env: LemonadeEnv
  /** The PATH in which to look for Lemonade's program. */
  path: string
  db: Db
  activity: ActivityService
}

/** The LLM server: polled while someone watches, and operated. */
export class LemonadeService {
  readonly #client: LemonadeClient
  readonly #overview: LemonadeOverview
  readonly #deps: LemonadeDeps
  readonly #resources: LemonadeResources
  readonly #loads: LoadTracker
  /** Open requests of REST, by path. */
  readonly #open = new Map<string, Promise<Json>>()

  constructor(deps: LemonadeDeps) {
    this.#deps = deps
    this.#client = new LemonadeClient(deps.env)
    this.#overview = new LemonadeOverview(this.#client, deps.env, deps.path)
    const resources = new LemonadeResources(this.#client, ({ loaded }) => this.#loads.dropLoaded(loaded))
    this.#resources = resources
    this.#loads = new LoadTracker(deps.db, () => {
      resources.health.rebroadcast()
      resources.invalidate('health')
    })
  }

  /** Restores the loads that were in progress when THON stopped. */
  async start(): Promise<void> {
    await this.#loads.restore()
  }

  /** What is polled. @throws Unauthenticated, Forbidden */
  resources(viewer: Viewer): LemonadeResources {
    authorize(viewer, 'lemonade.see')
    return this.#resources
  }

  /** Adds what THON itself knows to the health of the server. */
  status(health: Snapshot<Health>): LemonadeStatus {
    const { url, apiKey, adminApiKey } = this.#deps.env
    return {
      ...health,
      ...{ endpoint: url, openaiUrl: `${url}/v1`, hasApiKey: apiKey !== null, hasAdminKey: adminApiKey !== null },
      loads: this.#loads.all,
    }
  }

  /** What a repository offers. @throws InvalidInput, UpstreamFailed when the model hub does not say */
  async variants(viewer: Viewer, checkpoint: string): Promise<Variants> {
    authorize(viewer, 'lemonade.see')
    const { model: name } = parse(modelInput, { model: checkpoint })
    const path = `/v1/pull/variants?checkpoint=${encodeURIComponent(name)}`
    return readVariants(name, await forPeople(this.#client.get(path, { timeoutMs: TIMEOUTS.variants })))
  }

  /** Starts a download, which then goes on in Lemonade. @throws InvalidInput, UpstreamFailed */
  async pull(viewer: Viewer, raw: unknown): Promise<Pull> {
    authorize(viewer, 'lemonade.manage')
    const { model, ...rest } = parse(pullInput, raw)
    const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== null))
    const body = { model_name: model, ...given, stream: true, subscribe: false } as Json
    return this.#record(viewer, 'pull', model, async () => {
      const job = readPull(await this.#client.post('/v1/pull', { body, timeoutMs: TIMEOUTS.startPull }))
      if (!job) throw new UpstreamFailed('Lemonade did not start a download that THON can follow.')
      return job
    })
  }

  /** Stops a download and keeps its files, so that the next one resumes there. @throws NotFound, UpstreamFailed */
  cancelPull(viewer: Viewer, id: string): Promise<boolean> {
    return this.#control(viewer, id, 'cancel', 'cancel pull')
  }

  /** Removes a finished download from the list. @throws NotFound, UpstreamFailed */
  deletePull(viewer: Viewer, id: string): Promise<boolean> {
    return this.#control(viewer, id, 'remove', 'delete pull')
  }

  /** Starts to load a model; the status reports how it goes. @throws InvalidInput */
  load(viewer: Viewer, raw: unknown): Load {
    authorize(viewer, 'lemonade.manage')
    const { model, contextSize, parallel, llamacppArgs, llamacppBackend, saveOptions } = parse(loadInput, raw)
    const args = parallel ? withSlots(llamacppArgs ?? '', parallel) : llamacppArgs
    const body = {
      model_name: model,
      ...(contextSize && { ctx_size: contextSize }),
      ...(args && { llamacpp_args: args }),
      ...(llamacppBackend && { llamacpp_backend: llamacppBackend }),
      ...(saveOptions && { save_options: true }),
    }
    // The list of loads and the activity log report how it ends.
    void this.loadAndWait(viewer, model, body).catch(() => undefined)
    return this.#loads.all.at(-1) as Load
  }

  /** Loads a model and waits until it is in memory. @param body as Lemonade takes it. @throws UpstreamFailure */
  async loadAndWait(viewer: Viewer, model: string, body: Json): Promise<Json> {
    authorize(viewer, 'lemonade.manage')
    return this.#loads.track(viewer, model, () =>
      this.#run(viewer, 'load', model, () => this.#client.post('/v1/load', { body, timeoutMs: TIMEOUTS.load })),
    )
  }

  /** Deletes a load that failed or got lost. @returns whether there was one */
  deleteLoad(viewer: Viewer, model: string): boolean {
    authorize(viewer, 'lemonade.manage')
    return this.#loads.delete(model)
  }

  /** Removes a model from memory. @param model null unloads all. @throws InvalidInput, UpstreamFailed */
  async unload(viewer: Viewer, model: string | null): Promise<boolean> {
    authorize(viewer, 'lemonade.manage')
    const name = model === null ? null : parse(modelInput, { model }).model
    // Without a name Lemonade unloads all, so a blank name has to be refused, not dropped.
    const body = name === null ? undefined : { model_name: name }
    await this.#record(viewer, 'unload', name ?? 'all models', () =>
      this.#client.post('/v1/unload', { body, timeoutMs: TIMEOUTS.stop }),
    )
    return true
  }

  /** Deletes a model's files. @throws InvalidInput, UpstreamFailed */
  async delete(viewer: Viewer, raw: string): Promise<boolean> {
    authorize(viewer, 'lemonade.manage')
    const { model } = parse(modelInput, { model: raw })
    await this.#record(viewer, 'delete', model, () =>
      this.#client.post('/v1/delete', { body: { model_name: model }, timeoutMs: TIMEOUTS.stop }),
    )
    return true
  }

  /** What REST reports whether Lemonade is online or not. */
  overview(viewer: Viewer): LemonadeOverview {
    authorize(viewer, 'lemonade.see')
    return this.#overview
  }

  /** A GET of REST, passed on to Lemonade; requests for the same path at the same time share one. @throws UpstreamFailure */
  get(viewer: Viewer, path: string, timeoutMs: number): Promise<Json> {
    authorize(viewer, 'lemonade.see')
    const response =
      this.#open.get(path) ?? this.#client.get(path, { timeoutMs }).finally(() => this.#open.delete(path))
    this.#open.set(path, response)
    return response
  }

  /** The slots, as Lemonade sends them. @throws UpstreamFailure */
  slots(viewer: Viewer): Promise<Json> {
    authorize(viewer, 'lemonade.see')
    return this.#client.slots()
  }

  /** A command of REST, passed on to Lemonade. @param label what it acts on, for the activity log. @throws UpstreamFailure */
  command(
    viewer: Viewer,
    action: string,
    label: string,
    work: (client: LemonadeClient) => Promise<Json>,
  ): Promise<Json> {
    authorize(viewer, 'lemonade.manage')
    return this.#run(viewer, action, label, () => work(this.#client))
  }

  /** Stops polling. Loads and pulls go on in Lemonade. */
  close(): void {
    this.#loads.close()
    this.#resources.close()
    this.#client.close()
  }

  async #control(viewer: Viewer, raw: string, command: 'cancel' | 'remove', action: string): Promise<boolean> {
    authorize(viewer, 'lemonade.manage')
    const { model: id } = parse(modelInput, { model: raw })
    const label = id.replace(/^model:/, '')
    try {
      await this.#run(viewer, action, label, () =>
        this.#client.post('/v1/downloads/control', { body: { id, action: command }, timeoutMs: TIMEOUTS.stop }),
      )
      return true
    } catch (error) {
      if (error instanceof LemonadeRefusal && error.status === 404)
        throw new NotFound(`The download ${label} no longer exists.`)
      throw readable(error)
    }
  }

  #record<T>(viewer: Viewer, action: string, model: string, work: () => Promise<T>): Promise<T> {
    return forPeople(this.#run(viewer, action, model, work))
  }

  /** Runs a command, with an entry in the activity log from before it begins, and refreshes what it changes. */
  async #run<T>(viewer: Viewer, action: string, label: string, work: () => Promise<T>): Promise<T> {
    const target = { kind: 'model', id: label, label } as const
    const explain = (error: unknown): Ending => ({
      outcome: 'failed',
      detail: error instanceof LemonadeRefusal ? error.sentence : describeError(error),
    })
    try {
      return await this.#deps.activity.outside(viewer, action, target, { work, explain })
    } catch (error) {
      if (error instanceof UpstreamFailure && error.kind === 'SLOW')
        throw new UpstreamFailure('SLOW', `${error.message}. Lemonade may still finish it.`)
      throw error
    } finally {
      this.#resources.invalidate('health', 'slots', 'models', 'pulls')
    }
  }
}

/** Replaces a refusal that quotes JSON by a sentence. */
async function forPeople<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    throw readable(error)
  }
}

function readable(error: unknown): unknown {
  return error instanceof LemonadeRefusal ? new UpstreamFailed(`Lemonade refused: ${error.sentence}`) : error
}
