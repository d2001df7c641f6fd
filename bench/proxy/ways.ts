import { execFile, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { freePort, isListening } from '../../tests/kit/ports.ts'

const execute = promisify(execFile)
/** Linux counts the time of processes in hundredths of a second. */
const TICKS = 100

/** One way to the sandbox: its port, the header lines of a request, and the processes that carry the traffic. */
export interface Way {
  port: number
  headers: string[]
  pids: number[]
}

/** Seconds that a gibibyte takes, and the CPU seconds of the way's processes meanwhile. */
export interface Transfer {
  seconds: number
  cpu: number
}

/** Downloads a gibibyte. */
export function download(way: Way): Promise<Transfer> {
  return timed(way, `/bytes/${2 ** 30}`, [])
}

/** Uploads a gibibyte, from a sparse file of zeros. */
export async function upload(way: Way): Promise<Transfer> {
  const dir = mkdtempSync(join(tmpdir(), 'thon-bench-'))
  const file = join(dir, 'gibibyte')
  writeFileSync(file, '')
  truncateSync(file, 2 ** 30)
  try {
    return await timed(way, '/take', ['-T', file, '-H', 'Expect:'])
  } finally {
    rmSync(dir, { recursive: true })
  }
}

/** Downloads again and again, as a load. @returns a function that stops it */
export function keepBusy(way: Way): () => Promise<void> {
  const controller = new AbortController()
  const run = (async () => {
    while (!controller.signal.aborted) await download(way)
  })()
  return async () => {
    controller.abort()
    await run
  }
}

/** Debian's nginx in front of the sandbox, configured for one: no buffering, connections are kept. */
export async function startNginx(hostPort: number): Promise<Way & { end: () => void }> {
  const dir = mkdtempSync(join(tmpdir(), 'thon-nginx-'))
  const port = await freePort()
  writeFileSync(
    join(dir, 'nginx.conf'),
    `worker_processes 1; pid ${dir}/pid; error_log ${dir}/error.log; daemon off;
events { worker_connections 1024; }
http {
  access_log off; client_max_body_size 0; sendfile on; tcp_nodelay on;
  client_body_temp_path ${dir}; proxy_temp_path ${dir};
  upstream sandbox { server 127.0.0.1:${hostPort}; keepalive 64; }
  server {
    listen 127.0.0.1:${port};
    location / { proxy_pass http://sandbox; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off; proxy_request_buffering off; }
  }
}`,
  )
  const child = spawn('nginx', ['-c', join(dir, 'nginx.conf'), '-p', dir], { stdio: 'ignore' })
  while (!(await isListening(port))) {
    if (child.exitCode !== null) throw new Error('nginx does not start')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  const end = () => {
    child.kill()
    rmSync(dir, { recursive: true, force: true })
  }
  return { port, headers: ['Host: 127.0.0.1'], pids: await family(child.pid as number), end }
}

async function timed({ port, headers, pids }: Way, path: string, options: string[]): Promise<Transfer> {
  const before = cpuOf(pids)
  const { stdout } = await execute('curl', [
    ...['-sS', '-o', '/dev/null', '-w', '%{http_code} %{time_total}'],
    ...headers.flatMap((line) => ['-H', line]),
    ...options,
    `http://127.0.0.1:${port}${path}`,
  ])
  const [status, seconds] = stdout.split(' ')
  if (status !== '200') throw new Error(`${path}: ${stdout}`)
  return { seconds: Number(seconds), cpu: cpuOf(pids) - before }
}

/** CPU seconds of processes so far (proc(5), fields 14 and 15 of stat). */
function cpuOf(pids: number[]): number {
  return pids.reduce((sum, pid) => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? []
    return sum + (Number(fields[11]) + Number(fields[12])) / TICKS
  }, 0)
}

/** A process and its children. */
export async function family(pid: number): Promise<number[]> {
  const { stdout } = await execute('ps', ['--ppid', String(pid), '-o', 'pid='])
  return [
    pid,
    ...stdout
      .trim()
      .split(/\s+/)
      .map(Number)
      .filter((child) => child > 0),
  ]
}
