import { expect, test } from 'bun:test'
import { createMetrics } from '../../src/telemetry/index.ts'

const figure = (text: string, name: string): number => {
  const line = text.split('\n').find((each) => each.startsWith(`${name} `))
  return Number(line?.split(' ')[1])
}

test('the process tells its memory, processor time, age and files once it is asked to', async () => {
  const metrics = createMetrics()
  expect(await metrics.registry.metrics()).not.toContain('process_')
  metrics.collectProcess()
  metrics.collectProcess() // another time changes nothing
  const text = await metrics.registry.metrics()
  expect(figure(text, 'process_resident_memory_bytes')).toBeGreaterThan(10_000_000)
  expect(figure(text, 'process_cpu_seconds_total')).toBeGreaterThan(0)
  const age = Date.now() / 1000 - figure(text, 'process_start_time_seconds')
  expect(age).toBeGreaterThan(0)
  expect(age).toBeLessThan(3_600)
  if (process.platform === 'linux') expect(figure(text, 'process_open_fds')).toBeGreaterThan(2)
})

test('an event loop that was blocked shows, once', async () => {
  const metrics = createMetrics()
  metrics.collectProcess()
  await Bun.sleep(50)
  Bun.sleepSync(200)
  await Bun.sleep(50)
  const latest = async () =>
    figure(await metrics.registry.metrics(), 'authy2_event_loop_delay_seconds{quantile="1"}')
  expect(await latest()).toBeGreaterThan(0.1)
  await Bun.sleep(50)
  expect(await latest()).toBeLessThan(0.1)
})
