import type { Services } from '../graphql/context.ts'
import type { Operations } from '../rest/operation.ts'
import * as routes from './rest-routes.ts'

/** `/api/instances/settings`: named values. */
export function settingsRest(operations: Operations, { settings }: Services): void {
  operations.add(routes.getSetting, async ({ viewer, params: { key } }) => ({
    key,
    value: await settings.get(viewer, key),
  }))
  operations.add(routes.putSetting, async ({ viewer, params: { key }, body: { value } }) => ({
    key,
    value: await settings.set(viewer, key, { value }),
  }))
}

/** `/api/config-files`: the three stored files. */
export function configFilesRest(operations: Operations, { configFiles }: Services): void {
  const shown = ({ key, content, label }: { key: string; content: string; label: string }) => ({ key, content, label })

  operations.add(routes.listConfigFiles, async ({ viewer }) =>
    (await configFiles.list(viewer)).map(({ key, label, hasContent }) => ({ key, label, has_content: hasContent })),
  )
  operations.add(routes.getConfigFile, async ({ viewer, params }) => shown(await configFiles.get(viewer, params.key)))
  operations.add(routes.putConfigFile, async ({ viewer, params, body }) =>
    shown(await configFiles.put(viewer, params.key, body)),
  )
  operations.add(routes.uploadConfigFile, async ({ viewer, params, file }) =>
    shown(await configFiles.putBytes(viewer, params.key, file)),
  )
  operations.add(routes.deleteConfigFile, async ({ viewer, params: { key } }) => ({
    status: (await configFiles.remove(viewer, key)) ? 'deleted' : 'not_found',
    key,
  }))
}
