import { docker } from './docker-app.ts'

/** A sandbox image with a real code-server in it. None is made by the tests: it would come from a registry. */
export const codeServerImage = process.env.THON_TEST_CODE_SERVER_IMAGE || 'thon-code-server:real'

/** What to do for the image to be there, as one line; null where it is. Asks the Docker engine. */
export async function lacksCodeServer(): Promise<string | null> {
  const there = await docker('image', 'inspect', '--format', '{{.Id}}', codeServerImage).catch(() => null)
  if (there) return null
  return `there is no image ${codeServerImage} on this machine; pull or build one with a real code-server, and name it in THON_TEST_CODE_SERVER_IMAGE`
}
