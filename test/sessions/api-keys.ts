import type { Scope } from '../../src/http/index.ts'
import { createApiKey } from '../../src/sessions/index.ts'
import type { TestServer } from '../support/server.ts'

/** A key of whoever the session belongs to. */
export async function apiKeyOf(t: TestServer, token: string, scopes: Scope[]): Promise<string> {
  const caller = await t.deps.authenticate(token, false)
  if (!caller) throw new Error('The session does not work')
  const { key } = await t.write((ctx) => createApiKey(ctx, caller, { name: scopes.join(' '), scopes }))
  return key
}
