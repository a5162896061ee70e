/**
 * `bun run bench [name …]`: prints a table for each and writes the measurements to `dist/bench/`. Figures count
 * as ratios taken in one run, each against its peer in turn; absolute times are for information. None of this
 * passes or fails a build.
 */
import { mkdir } from 'node:fs/promises'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { benchClientCredentials } from './client-credentials.ts'
import { benchLogin } from './login.ts'
import { benchMe } from './me.ts'
import { benchMemory } from './memory.ts'
import { benchReads } from './reads.ts'
import { benchStartup } from './startup.ts'
import { type Result, renderTable } from './table.ts'
import { benchTokens } from './tokens.ts'

const BENCHMARKS: Readonly<Record<string, () => Promise<Result>>> = {
  startup: benchStartup,
  memory: benchMemory,
  me: benchMe,
  login: benchLogin,
  'client-credentials': benchClientCredentials,
  tokens: benchTokens,
  reads: benchReads,
}

const asked = process.argv.slice(2)
const unknown = asked.filter((name) => !(name in BENCHMARKS))
if (unknown.length > 0) {
  console.error(`No benchmark ${unknown.join(', ')}. There are: ${Object.keys(BENCHMARKS).join(', ')}.`)
  process.exit(2)
}
const folder = join(import.meta.dir, '../../dist/bench')
await mkdir(folder, { recursive: true })
console.log(`Bun ${Bun.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}\n`)
for (const [name, run] of Object.entries(BENCHMARKS)) {
  if (asked.length > 0 && !asked.includes(name)) continue
  const result = await run()
  console.log(`${renderTable(result)}\n`)
  await Bun.write(
    join(folder, `${name}.json`),
    `${JSON.stringify({ bun: Bun.version, ...result }, null, 2)}\n`,
  )
}
process.exit(0)
