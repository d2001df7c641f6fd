import type { ActivityService } from '../activity/service.ts'
import { authorize } from '../core/permissions.ts'
import type { Viewer } from '../core/viewer.ts'
import type { Db } from '../db/client.ts'
import type { LemonadeEnv } from '../config/ai.ts'
import { AppError, messageOf, NotFound, UpstreamFailed } from '../core/errors.ts'
import { parse } from '../core/input.ts'
import { UpstreamTrouble, type Snapshot } from '../upstream/polled-resource.ts'
import { LemonadeClient, LemonadeRefusal, type Json } from './client.ts'
import { Loads } from './loads.ts'
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
import { LemonadeSources } from './resources.ts'

/**
 * Time limits of commands, in milliseconds. Lemonade gives llama.cpp ten minutes to load a model, loads one after the
 * other, and downloads first what is not there.
 */
const WITHIN = { load: 2 * 60 * 60_000, stop: 30_000, begin: 60_000, look: 30_000 }

/** Lemonade as people see it first. */
export interface LemonadeStatus extends Snapshot<Health> {
  endpoint: string
  openaiUrl: string
  hasApiKey: boolean
  hasAdminKey: boolean
  loads: Load[]
}

/** What the service needs of its surroundings. */
export interface LemonadeDeps {
  env: LemonadeEnv
  /** Where programs of this machine are looked for. */
  path: string
  db: Db
  activity: ActivityService
}

/** The LLM server: watched while somebody looks, and operated. */
export class LemonadeService {
  readonly #client: LemonadeClient
  readonly #overview: LemonadeOverview
  readonly #parts: LemonadeDeps
  readonly #sources: LemonadeSources
  readonly #loads: Loads
  /** Those of REST that are under way. */
  readonly #questions = new Map<string, Promise<Json>>()

  constructor(parts: LemonadeDeps) {
    this.#parts = parts
    this.#client = new LemonadeClient(parts.env)
    this.#overview = new LemonadeOverview(this.#client, parts.env, parts.path)
    const sources = new LemonadeSources(this.#client, ({ loaded }) => this.#loads.found(loaded))
    this.#sources = sources
    this.#loads = new Loads(parts.db, () => {
      sources.health.rebroadcast()
      sources.nudge('health')
    })
  }

  /** Finds what was under way when THON ended. */
  async start(): Promise<void> {
    await this.#loads.recall()
  }

  /** What is asked of it, for those who may see it. @throws Unauthenticated, Forbidden */
  sources(viewer: Viewer): LemonadeSources {
    authorize(viewer, 'lemonade.see')
    return this.#sources
  }

  /** Its status, with what is known of it at present. */
  status(seen: Snapshot<Health>): LemonadeStatus {
    const { url, apiKey, adminApiKey } = this.#parts.env
    return {
      ...seen,
      ...{ endpoint: url, openaiUrl: `${url}/v1`, hasApiKey: apiKey !== null, hasAdminKey: adminApiKey !== null },
      loads: this.#loads.all,
    }
  }

  /** Files of a repository that can be pulled. @throws InvalidInput, UpstreamFailed */
  async variants(viewer: Viewer, checkpoint: string): Promise<Variants> {
    authorize(viewer, 'lemonade.see')
    const { model: name } = parse(modelInput, { model: checkpoint })
    const path = `/v1/pull/variants?checkpoint=${encodeURIComponent(name)}`
    return readVariants(name, await inWords(this.#client.get(path, { within: WITHIN.look })))
  }

  /** Begins a download, which Lemonade then does by itself. @throws InvalidInput, UpstreamFailed */
  async pull(viewer: Viewer, raw: unknown): Promise<Pull> {
    authorize(viewer, 'lemonade.manage')
    const { model, ...rest } = parse(pullInput, raw)
    const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== null && value !== undefined))
    const body = { model_name: model, ...given, stream: true, subscribe: false } as Json
    return this.#record(viewer, 'pull', model, async () => {
      const job = readPull(await this.#client.post('/v1/pull', { body, within: WITHIN.begin }))
      if (!job) throw new UpstreamFailed('Lemonade began no download that can be followed.')
      return job
    })
  }

  /** Ends a download; what is there of it stays, so that another goes on from it. @throws NotFound, UpstreamFailed */
  cancelPull(viewer: Viewer, id: string): Promise<boolean> {
    return this.#control(viewer, id, 'cancel', 'cancel pull')
  }

  /** Takes a download that has ended off the list. @throws NotFound, UpstreamFailed */
  dismissPull(viewer: Viewer, id: string): Promise<boolean> {
    return this.#control(viewer, id, 'remove', 'dismiss pull')
  }

  /** Begins to load a model; how it goes on is told with the status. @throws InvalidInput */
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
    // Its end is told by the list of loads, and by the activity log.
    void this.loaded(viewer, model, body).catch(() => undefined)
    return this.#loads.all.at(-1) as Load
  }

  /** Loads a model, and waits. @param body as Lemonade takes it. @throws UpstreamTrouble */
  async loaded(viewer: Viewer, model: string, body: Json): Promise<Json> {
    authorize(viewer, 'lemonade.manage')
    return this.#loads.follow(viewer, model, () =>
      this.#acted(viewer, 'load', model, () => this.#client.post('/v1/load', { body, within: WITHIN.load })),
    )
  }

  /** Forgets a load that failed or got lost. @returns whether there was one */
  dismissLoad(viewer: Viewer, model: string): boolean {
    authorize(viewer, 'lemonade.manage')
    return this.#loads.dismiss(model)
  }

  /** Takes a model out of memory. @param model null takes all out. @throws InvalidInput, UpstreamFailed */
  async unload(viewer: Viewer, model: string | null): Promise<boolean> {
    authorize(viewer, 'lemonade.manage')
    const name = model === null ? null : parse(modelInput, { model }).model
    // Without a name it unloads all, so a name that gets lost would be worse than none.
    const body = name === null ? undefined : { model_name: name }
    await this.#record(viewer, 'unload', name ?? 'all models', () =>
      this.#client.post('/v1/unload', { body, within: WITHIN.stop }),
    )
    return true
  }

  /** Deletes a model's files. @throws InvalidInput, UpstreamFailed */
  async delete(viewer: Viewer, raw: string): Promise<boolean> {
    authorize(viewer, 'lemonade.manage')
    const { model } = parse(modelInput, { model: raw })
    await this.#record(viewer, 'delete', model, () =>
      this.#client.post('/v1/delete', { body: { model_name: model }, within: WITHIN.stop }),
    )
    return true
  }

  /** What scripts ask first, whether it is there or not. */
  overview(viewer: Viewer): LemonadeOverview {
    authorize(viewer, 'lemonade.see')
    return this.#overview
  }

  /** A question of REST, as Lemonade answers it; whoever asks the same meanwhile gets that answer. @throws UpstreamTrouble */
  question(viewer: Viewer, path: string, within: number): Promise<Json> {
    authorize(viewer, 'lemonade.see')
    const asked =
      this.#questions.get(path) ?? this.#client.get(path, { within }).finally(() => this.#questions.delete(path))
    this.#questions.set(path, asked)
    return asked
  }

  /** The slots, as REST gives them. @throws UpstreamTrouble */
  slots(viewer: Viewer): Promise<Json> {
    authorize(viewer, 'lemonade.see')
    return this.#client.slots()
  }

  /** A command of REST, as Lemonade answers it. @param label what it is done to. @throws UpstreamTrouble */
  command(
    viewer: Viewer,
    action: string,
    label: string,
    work: (client: LemonadeClient) => Promise<Json>,
  ): Promise<Json> {
    authorize(viewer, 'lemonade.manage')
    return this.#acted(viewer, action, label, () => work(this.#client))
  }

  /** Ends every question. Loads and pulls go on: they are Lemonade's. */
  close(): void {
    this.#loads.close()
    this.#sources.close()
    this.#client.close()
  }

  async #control(viewer: Viewer, raw: string, action: 'cancel' | 'remove', said: string): Promise<boolean> {
    authorize(viewer, 'lemonade.manage')
    const { model: id } = parse(modelInput, { model: raw })
    const label = id.replace(/^model:/, '')
    try {
      await this.#acted(viewer, said, label, () =>
        this.#client.post('/v1/downloads/control', { body: { id, action }, within: WITHIN.stop }),
      )
      return true
    } catch (error) {
      if (error instanceof LemonadeRefusal && error.status === 404) throw new NotFound(`There is no download ${id}`)
      throw forPeople(error)
    }
  }

  #record<T>(viewer: Viewer, action: string, model: string, work: () => Promise<T>): Promise<T> {
    return inWords(this.#acted(viewer, action, model, work))
  }

  /** Does it, writes it down, and has what it changes asked anew. */
  async #acted<T>(viewer: Viewer, action: string, label: string, work: () => Promise<T>): Promise<T> {
    const target = { kind: 'model', id: label, label } as const
    try {
      const result = await work()
      await this.#parts.activity.add({ actor: viewer, action, target, outcome: 'done' })
      return result
    } catch (error) {
      const detail = error instanceof LemonadeRefusal ? error.sentence : messageOf(error)
      if (error instanceof AppError)
        await this.#parts.activity.add({ actor: viewer, action, target, outcome: 'failed', detail })
      if (error instanceof UpstreamTrouble && error.kind === 'SLOW')
        throw new UpstreamTrouble('SLOW', `${error.message}. It may still do what it was asked.`)
      throw error
    } finally {
      this.#sources.nudge('health', 'slots', 'models', 'pulls')
    }
  }
}

/** Turns what Lemonade said into a sentence for people. */
async function inWords<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    throw forPeople(error)
  }
}

function forPeople(error: unknown): unknown {
  return error instanceof LemonadeRefusal ? new UpstreamFailed(`Lemonade refused: ${error.sentence}`) : error
}
