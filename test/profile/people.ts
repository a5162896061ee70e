import { issueSession } from '../../src/sessions/index.ts'
import type { NewUser } from '../../src/users/index.ts'
import { withPassword } from '../authentication/people.ts'
import type { TestServer } from '../support/server.ts'

/** A user with a password and a session that has just begun. */
export async function signedInWithPassword(server: TestServer, input: Partial<NewUser> = {}) {
  const user = await withPassword(server, input)
  return { user, ...(await anotherSession(server, user.id)) }
}

export async function anotherSession(server: TestServer, userId: string) {
  const begun = { userId, amr: ['pwd'], acr: 'urn:authy2:acr:1fa', isRemembered: false } as const
  const { token, session } = await server.write((ctx) => issueSession(ctx, begun))
  return { token, sessionId: session.id }
}

export async function apiKeyOf(
  server: TestServer,
  token: string,
  input: { scopes: string[]; organization_id?: string },
): Promise<string> {
  const body = { name: `key ${input.scopes.join(' ')} ${input.organization_id ?? ''}`.trim(), ...input }
  const answer = await server.call('POST', '/users/me/api-keys', { token, body })
  if (answer.status !== 201) throw new Error(`No API key: ${JSON.stringify(answer.body)}`)
  return answer.body.data.key
}
