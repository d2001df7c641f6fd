import adapter from '@sveltejs/adapter-node'
import { sveltekit } from '@sveltejs/kit/vite'
import { fileURLToPath } from 'node:url'
import { isMainThread } from 'node:worker_threads'
import { defineConfig } from 'vite'

const web = fileURLToPath(new URL('.', import.meta.url))

export default defineConfig(({ command }) => {
  // adapter-node reads ./package.json to tell what it need not bundle; ours is at the root of the repository.
  if (command === 'build' && isMainThread) process.chdir(fileURLToPath(new URL('..', import.meta.url)))

  return {
    root: web,
    resolve: { alias: { '#lib': `${web}src/lib` } },
    plugins: [
      sveltekit({
        adapter: adapter({ out: `${web}build` }),
        csp: {
          mode: 'auto',
          directives: {
            'default-src': ['self'],
            'script-src': ['self'],
            // bits-ui, sonner and progress bars set styles on their elements.
            'style-src': ['self', 'unsafe-inline'],
            'img-src': ['self', 'data:'],
            'connect-src': ['self', 'ws:', 'wss:'],
            'frame-ancestors': ['none'],
            'base-uri': ['none'],
            'form-action': ['self'],
            'object-src': ['none'],
          },
        },
      }),
    ],
    build: {
      // light-dark() and content-visibility as they are, not expanded for older browsers.
      cssTarget: ['chrome123', 'firefox125', 'safari18'],
    },
  }
})
