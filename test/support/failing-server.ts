/** A server in which, soon after its start, something throws that nobody catches: `rejection` or `exception`. */

import { systemTerminal } from '../../src/cli/index.ts'
import { loadConfig } from '../../src/config/index.ts'
import { serve } from '../../src/serve.ts'

const SECRET = 'test-only-8mXz7LpR1sT4fK9vQ2wY3bN6cJ5hG0dE'
const [kind, folder = ''] = process.argv.slice(2)
const env = {
  NODE_ENV: 'test',
  PORT: '0',
  DATA_DIR: folder,
  SECRET_KEY: SECRET,
  ENCRYPTION_KEY: SECRET,
  LOG_LEVEL: 'info',
}

setTimeout(() => {
  const error = new Error('broken on purpose')
  if (kind === 'exception') throw error
  void Promise.reject(error)
}, 300)
await serve({ terminal: systemTerminal }, loadConfig({ env, envFile: false }), { demo: false, strangers: [] })
