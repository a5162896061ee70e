import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createApp } from './app.ts'
import type { CommandContext } from './cli/index.ts'
import { type Config, withDevelopmentSecrets } from './config/index.ts'
import { openDatabase } from './db/index.ts'
import { createDeps } from './deps.ts'
import { silentLog, systemClock, systemRandom } from './kernel/index.ts'
import { memoryKv } from './kv/index.ts'
import { describeApp } from './openapi/index.ts'

/**
 * Prints the OpenAPI document of the server that this configuration would start. Nothing of that server is
 * touched: the app stands on an empty database of its own that is thrown away.
 */
export async function describeApi({ terminal }: CommandContext, config: Config): Promise<undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'authy2-openapi-'))
  const ground = { clock: systemClock, random: systemRandom, log: silentLog }
  const database = openDatabase({ kind: 'sqlite', path: join(folder, 'authy2.db') }, systemRandom)
  try {
    const app = createApp(
      createDeps({
        ...ground,
        config: withDevelopmentSecrets({ ...config, dataDir: folder }, systemRandom),
        database,
        kv: memoryKv({ clock: systemClock, maxEntries: 1 }),
      }),
    )
    terminal.print(JSON.stringify(describeApp(app.routes, config), null, 2))
  } finally {
    await database.close()
    await rm(folder, { recursive: true, force: true })
  }
}
