import { setPassword } from '../../src/credentials/index.ts'
import type { Row } from '../../src/db/index.ts'
import { createUser, type NewUser } from '../../src/users/index.ts'
import type { Answer, CallOptions, TestServer } from '../support/server.ts'

export const PASSWORD = 'correct horse 7 battery'
export const OTHER_PASSWORD = 'another staple 8 magnet'

/** A user who has a password and never signed in. */
export async function withPassword(t: TestServer, input: Partial<NewUser> = {}): Promise<Row<'user'>> {
  const hash = await t.deps.hasher.hash(PASSWORD)
  return t.write(async (ctx) => {
    const user = await createUser(ctx, { email: 'alice@example.com', isEmailVerified: true, ...input })
    await setPassword(ctx, { userId: user.id, hash })
    return user
  })
}

export const register = (t: TestServer, body: object = {}, options: CallOptions = {}): Promise<Answer> =>
  t.call('POST', '/auth/register', {
    ...options,
    body: { email: 'alice@example.com', password: PASSWORD, ...body },
  })

export const signIn = (t: TestServer, body: object = {}, options: CallOptions = {}): Promise<Answer> =>
  t.call('POST', '/auth/login', {
    ...options,
    body: { email: 'alice@example.com', password: PASSWORD, ...body },
  })

/** The cookies of an answer, by name. */
export function cookiesOf({ headers }: Answer): Map<string, { value: string; attributes: string }> {
  return new Map(
    headers.getSetCookie().map((cookie) => {
      const [pair = '', ...attributes] = cookie.split('; ')
      const [name = '', value = ''] = pair.split('=')
      return [name, { value, attributes: attributes.join('; ') }]
    }),
  )
}

/** The audit events of one action, oldest first. */
export async function eventsOf(t: TestServer, action: string): Promise<Row<'auditEvent'>[]> {
  const rows = await t.read((ctx) => ctx.reader.select().from(ctx.reader.t.auditEvent))
  return rows.filter((row) => row.action === action).sort((a, b) => a.id.localeCompare(b.id))
}
