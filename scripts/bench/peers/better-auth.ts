/** better-auth on Bun and SQLite, as its documentation sets it up; GET /session-token signs a user up. */
import { Database } from 'bun:sqlite'
import { join } from 'node:path'
import { betterAuth } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'

const folder = process.env.PEER_FOLDER ?? '.'
const port = Number(process.env.PEER_PORT)
const options = {
  database: new Database(join(folder, 'better-auth.db')),
  baseURL: `http://127.0.0.1:${port}`,
  secret: 'bench-only-7Vq2mXz4LpR1sT8wY3bN6cJ5hG0dE9fK',
  emailAndPassword: { enabled: true },
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
} satisfies Parameters<typeof betterAuth>[0]
const { runMigrations } = await getMigrations(options)
await runMigrations()
const auth = betterAuth(options)
const signedUp = await auth.api.signUpEmail({
  body: { email: 'bench@example.com', password: 'a password nobody else has 7', name: 'Bench' },
  returnHeaders: true,
})
const cookie = (signedUp.headers.get('set-cookie') ?? '').split(';')[0] ?? ''

Bun.serve({
  port,
  hostname: '127.0.0.1',
  fetch: (request) =>
    new URL(request.url).pathname === '/cookie' ? Response.json({ cookie }) : auth.handler(request),
})
