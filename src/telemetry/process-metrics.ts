import { readdirSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Registry } from 'prom-client'
import Counter from 'prom-client/lib/counter.js'
import Gauge from 'prom-client/lib/gauge.js'

const RESOLUTION_MILLISECONDS = 20
const QUANTILES = [0.5, 0.99, 1] as const
const NANOSECONDS = 1e9

/**
 * Adds what describes the process, read whenever it is asked for, under the names that Prometheus clients
 * share. (prom-client's own defaults are Node.js figures, of which Bun knows few.)
 */
export function addProcessMetrics(registry: Registry): void {
  const registers = [registry]
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read())
      },
    })
  gauge('process_resident_memory_bytes', 'Memory in use', () => process.memoryUsage.rss())
  gauge(
    'process_start_time_seconds',
    'When the process started, since 1970',
    () => performance.timeOrigin / 1000,
  )
  if (process.platform === 'linux') {
    gauge('process_open_fds', 'Open files and connections', () => readdirSync('/proc/self/fd').length)
  }
  new Counter({
    name: 'process_cpu_seconds_total',
    help: 'Processor time used',
    registers,
    collect() {
      const { user, system } = process.cpuUsage()
      this.reset()
      this.inc((user + system) / 1e6)
    },
  })
  addEventLoopDelay(registry)
}

function addEventLoopDelay(registry: Registry): void {
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MILLISECONDS })
  delays.enable()
  new Gauge({
    name: 'authy2_event_loop_delay_seconds',
    help: 'How late timers were since the last scrape, by quantile; 1 is the latest',
    labelNames: ['quantile'],
    registers: [registry],
    collect() {
      for (const quantile of QUANTILES) {
        const delay = delays.count > 0 ? delays.percentile(quantile * 100) / NANOSECONDS : 0
        this.set({ quantile: String(quantile) }, delay)
      }
      delays.reset()
    },
  })
}
