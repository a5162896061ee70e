import { startServer } from './src/server.ts'
import { loadConfig, withDevelopmentSecrets } from './src/config/index.ts'
import { createUser } from './src/users/index.ts'
import { issueSession } from './src/sessions/index.ts'
import { SYSTEM, silentLog, systemRandom } from './src/kernel/index.ts'
const config = withDevelopmentSecrets(loadConfig({ env: { DATA_DIR: '/tmp/probe', PORT: '5055', LOG_FORMAT: 'json', RATELIMIT_API: '100000000/1h', ...process.env } }), systemRandom)
const { units } = await startServer(config)
const token = await units.write({ actor: SYSTEM, log: silentLog }, async (ctx) => {
  const u = await createUser(ctx, { email: crypto.randomUUID() + '@x.de' })
  return (await issueSession(ctx, { userId: u.id, amr: ['pwd'], acr: 'urn:authy2:acr:1fa', isRemembered: false })).token
})
await Bun.write('/tmp/probe/token', token)
