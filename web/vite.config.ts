import adapter from '@sveltejs/adapter-node'
import { sveltekit } from '@sveltejs/kit/vite'
import { fileURLToPath } from 'node:url'
import { isMainThread } from 'node:worker_threads'
import { defineConfig } from 'vite'

const web = fileURLToPath(new URL('.', import.meta.url))

// adapter-node reads ./package.json for what it need not bundle. Ours is one folder up, and `vite build` may run from here.
if (isMainThread && process.argv.includes('build')) process.chdir(fileURLToPath(new URL('..', import.meta.url)))

export default defineConfig(({ command }) => ({
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
          // That covers our own socket. Hot reload has one on another port.
          'connect-src': command === 'build' ? ['self'] : ['self', 'ws:'],
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
    rolldownOptions: { checks: { pluginTimings: false } },
  },
}))
