import { eq } from 'drizzle-orm'
import {
  beginRegistration,
  enrolTotp,
  generateBackupCodes,
  storeCredential,
  verifyRegistration,
} from '../../src/credentials/index.ts'
import type { Row } from '../../src/db/index.ts'
import { addSeconds, SYSTEM, silentLog } from '../../src/kernel/index.ts'
import { SoftwareAuthenticator } from '../support/authenticator.ts'
import { codeAt, wrongCodeAt } from '../support/authenticator-app.ts'
import type { Answer, CallOptions, TestServer } from '../support/server.ts'
import { signIn } from './people.ts'

export interface App {
  /** What it shows now, or so many seconds from now. */
  code(secondsFromNow?: number): string
  /** Six digits that it does not show, now or a step away. */
  wrongCode(): string
  readonly backupCodes: readonly string[]
}

/** Gives the user an authenticator app that counts and has not been used, and backup codes. */
export async function withTotp(t: TestServer, user: Row<'user'>): Promise<App> {
  const { secret, backupCodes } = await t.write(async (ctx) => {
    const enrolment = await enrolTotp(ctx, { user, issuer: 'localhost' })
    const { totpCredential } = ctx.tx.t
    await ctx.tx.update(totpCredential).set({ verifiedAt: ctx.now }).where(eq(totpCredential.userId, user.id))
    return { secret: enrolment.secret, backupCodes: await generateBackupCodes(ctx, user.id) }
  })
  return {
    code: (secondsFromNow = 0) => codeAt(secret, addSeconds(t.clock.now(), secondsFromNow)),
    wrongCode: () => wrongCodeAt(secret, t.clock.now()),
    backupCodes,
  }
}

/** Gives the user a passkey. */
export async function withPasskey(
  t: TestServer,
  user: Row<'user'>,
  behaviour: ConstructorParameters<typeof SoftwareAuthenticator>[0] = {},
): Promise<SoftwareAuthenticator> {
  const authenticator = new SoftwareAuthenticator(behaviour)
  const options = await t.write((ctx) => beginRegistration(ctx, { user, isAttested: false }))
  const response = authenticator.register(options)
  const origin = { actor: SYSTEM, log: silentLog }
  const verified = await verifyRegistration(t.deps, origin, { userId: user.id, isAttested: false, response })
  if ('failure' in verified) throw new Error(`The software authenticator made something ${verified.failure}`)
  await t.write((ctx) => storeCredential(ctx, { userId: user.id, verified }))
  return authenticator
}

/** Proves the password of somebody who owes a second factor, and returns the token to go on with. */
export async function firstFactor(t: TestServer, body: object = {}): Promise<string> {
  const answer = await signIn(t, body)
  if (answer.body.data?.mfa_required !== true) throw new Error(`No second factor is owed: ${answer.status}`)
  return answer.body.data.mfa_token
}

export const verifyCode = (
  t: TestServer,
  mfaToken: string,
  code: string,
  options: CallOptions = {},
): Promise<Answer> => t.call('POST', '/auth/totp/verify', { ...options, body: { mfa_token: mfaToken, code } })

export const beginWebauthn = (t: TestServer, body: object = {}): Promise<Answer> =>
  t.call('POST', '/auth/webauthn/login/begin', { body })

export const completeWebauthn = (t: TestServer, body: object): Promise<Answer> =>
  t.call('POST', '/auth/webauthn/login/complete', { body })

/** Goes on by what an authenticator signs, or signs in by it as a passkey where there is no token. */
export async function verifyWebauthn(
  t: TestServer,
  authenticator: SoftwareAuthenticator,
  body: { mfa_token?: string; remember_me?: boolean } = {},
): Promise<Answer> {
  const { mfa_token } = body
  const { data } = (await beginWebauthn(t, mfa_token === undefined ? {} : { mfa_token })).body
  return completeWebauthn(t, { ...body, credential: authenticator.sign(data) })
}
