import { arrange } from './arrange.ts'
import { get, throughput } from './load.ts'
import { type Running, startAuthy2, temporaryFolder } from './processes.ts'
import type { Result, Row } from './table.ts'

const MEGABYTE = 1_000_000
const SESSIONS = 10_000
const LOAD_SECONDS = 15

/** Resident memory: idle, with 10,000 sessions used once each, and under `/auth/me` load. */
export async function benchMemory(): Promise<Result> {
  const samples: Record<string, number[]> = {}
  const rows: Row[] = []
  const note = (what: string, megabytes: number, limit: number) => {
    samples[what] = [megabytes]
    rows.push({
      what,
      value: `${megabytes.toFixed(0)} MB`,
      target: `≤ ${limit} MB`,
      holds: megabytes <= limit,
    })
  }
  {
    await using fresh = await startAuthy2({ dataDir: await temporaryFolder() })
    await Bun.sleep(5_000)
    note('idle', await resident(fresh), 100)
  }
  const dataDir = await temporaryFolder()
  const tokens = await arrange({ DATA_DIR: dataDir }, SESSIONS)
  await using authy2 = await startAuthy2({ dataDir })
  const url = `${authy2.url}/api/v1/auth/me`
  for (const token of tokens) await get({ url, headers: { authorization: `Bearer ${token}` } })
  note('with 10,000 sessions', await resident(authy2), 150)
  const [token = ''] = tokens
  let peak = 0
  const load = throughput({ url, headers: { authorization: `Bearer ${token}` } }, LOAD_SECONDS)
  for (let second = 0; second < LOAD_SECONDS; second++) {
    await Bun.sleep(1_000)
    peak = Math.max(peak, await resident(authy2))
  }
  await load
  note('under /auth/me load (peak)', peak, 220)
  return { name: 'memory', rows, samples }
}

const resident = async (running: Running) => (await running.residentBytes()) / MEGABYTE
