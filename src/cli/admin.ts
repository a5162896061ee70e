import { record } from '../audit/index.ts'
import { resetSecondFactors } from '../authentication/index.ts'
import { revokeMailProofs, setPassword } from '../credentials/index.ts'
import type { ReadCtx, Row } from '../db/index.ts'
import { EmailAddress } from '../http/index.ts'
import { endUserTokens, revokeSessions } from '../sessions/index.ts'
import { createUser, FullName, findUserByEmail, normalizeEmail, updateUser } from '../users/index.ts'
import { CommandError } from './command-error.ts'
import { type CommandContext, type ConfigOptions, readConfig } from './context.ts'
import { choosePassword } from './new-password.ts'
import { openWorkspace } from './workspace.ts'

/** Adds an instance administrator whose address counts as verified: whoever can run this could verify it. */
export async function createAdmin(
  context: CommandContext,
  address: string,
  options: ConfigOptions & { readonly name?: string; readonly passwordStdin?: boolean },
): Promise<undefined> {
  const { terminal } = context
  const email = parseEmail(address)
  const fullName = options.name === undefined ? undefined : parseName(options.name)
  await using workspace = await openWorkspace(readConfig(context, options))
  if (await workspace.read((ctx) => findUserByEmail(ctx, normalizeEmail(email)))) {
    throw new CommandError(`${email} is a user already. Use: authy2 admin promote ${email}`)
  }
  const { password, show } = await choosePassword(terminal, { email, passwordStdin: options.passwordStdin })
  const hash = await workspace.hasher.hash(password)
  await workspace.write(async (ctx) => {
    const user = await createUser(ctx, { email, fullName, isEmailVerified: true })
    await setPassword(ctx, { userId: user.id, hash })
    await updateUser(ctx, user.id, { isInstanceAdmin: true })
    const target = { type: 'user', id: user.id }
    await record(ctx, { action: 'user.register', target })
    await record(ctx, { action: 'admin.user.promote', target })
  })
  terminal.note(`${email} is an instance administrator.`)
  show()
}

/** Makes a user an instance administrator; says so when they are one already. */
export async function promoteUser(
  context: CommandContext,
  address: string,
  options: ConfigOptions,
): Promise<undefined> {
  await using workspace = await openWorkspace(readConfig(context, options))
  const isNew = await workspace.write(async (ctx) => {
    const user = await requireUser(ctx, address)
    if (user.status === 'suspended') {
      throw new CommandError(`${user.email} is suspended. Lift that first.`)
    }
    if (user.isInstanceAdmin) return false
    await updateUser(ctx, user.id, { isInstanceAdmin: true })
    await record(ctx, { action: 'admin.user.promote', target: { type: 'user', id: user.id } })
    return true
  })
  context.terminal.note(`${address} is ${isNew ? 'now' : 'already'} an instance administrator.`)
}

/** Sets a new password and ends everything that the old one opened: sessions, tokens of applications, and links in mails. */
export async function resetPassword(
  context: CommandContext,
  address: string,
  options: ConfigOptions & { readonly passwordStdin?: boolean },
): Promise<undefined> {
  const { terminal } = context
  await using workspace = await openWorkspace(readConfig(context, options))
  const { id: userId, email } = await workspace.read((ctx) => requireUser(ctx, address))
  const { password, show } = await choosePassword(terminal, { email, passwordStdin: options.passwordStdin })
  const hash = await workspace.hasher.hash(password)
  const ended = await workspace.write(async (ctx) => {
    await setPassword(ctx, { userId, hash })
    await revokeMailProofs(ctx, { userId })
    await record(ctx, { action: 'admin.user.password_reset', target: { type: 'user', id: userId } })
    const sessions = await revokeSessions(ctx, { userId })
    await endUserTokens(ctx, userId)
    return sessions
  })
  terminal.note(`${email} has a new password; ${ended} session(s) ended.`)
  show()
}

/** Removes all second factors of a user who has lost them, and signs them out everywhere. Who had any is told by mail. */
export async function resetMfa(
  context: CommandContext,
  address: string,
  options: ConfigOptions,
): Promise<undefined> {
  await using workspace = await openWorkspace(readConfig(context, options))
  const reset = await workspace.write(async (ctx) => {
    const user = await requireUser(ctx, address)
    const { hadTotp, passkeys, sessions, isNothing } = await resetSecondFactors(ctx, user)
    const details = { had_totp: hadTotp, passkeys, sessions_revoked: sessions }
    const target = { type: 'user', id: user.id }
    if (!isNothing) await record(ctx, { action: 'admin.user.mfa_reset', target, details })
    return { hadTotp, passkeys, sessions }
  })
  const { hadTotp, passkeys, sessions } = reset
  const removed = [hadTotp ? 'an authenticator app' : [], `${passkeys} passkey(s)`].flat().join(' and ')
  context.terminal.note(
    `${address} has no second factor any more: removed ${removed}; ${sessions} session(s) ended.`,
  )
}

async function requireUser(ctx: ReadCtx, address: string): Promise<Row<'user'>> {
  const user = await findUserByEmail(ctx, normalizeEmail(address))
  if (!user) throw new CommandError(`There is no user ${address}. Use: authy2 admin create ${address}`)
  return user
}

function parseEmail(text: string): string {
  const { success, data } = EmailAddress.safeParse(text)
  if (!success) throw new CommandError(`${JSON.stringify(text)} is not an e-mail address.`)
  return data
}

function parseName(text: string): string {
  const { success, data } = FullName.safeParse(text)
  if (!success) throw new CommandError('The name must have 1 to 200 characters, without control characters.')
  return data
}
