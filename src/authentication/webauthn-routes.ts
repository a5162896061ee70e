import { Elysia } from 'elysia'
import { z } from 'zod'
import { listCredentials, MAX_CREDENTIALS } from '../credentials/index.ts'
import { Envelope, guard, type HttpDeps, Nothing, PathId, success } from '../http/index.ts'
import { notFound } from '../kernel/index.ts'
import {
  beginOwnRegistration,
  completeOwnRegistration,
  ownWebauthnStatus,
  removeOwnCredential,
  renameOwnCredential,
} from './own-webauthn.ts'
import { requirePresence } from './presence.ts'
import { recordMalformed } from './refused.ts'
import { sessionCookies } from './session-cookies.ts'
import { webauthnCredentialView } from './views.ts'
import {
  CreationOptions,
  CredentialChange,
  NewCredential,
  Registered,
  RelatedOrigins,
  WebauthnCredential,
  WebauthnStatus,
} from './webauthn-schema.ts'

const params = z.object({ id: PathId })

/** The own passkeys and security keys. Signing in with them is the business of the sign-in. */
export const webauthn = (deps: HttpDeps) => {
  const cookies = sessionCookies(deps.config)

  return new Elysia({ name: 'webauthn', prefix: '/api/v1/auth/webauthn', tags: ['Authentication'] })
    .use(guard(deps))
    .post(
      '/register/begin',
      async ({ origin, caller }) => {
        await requirePresence(deps, origin, caller)
        const options = await deps.write(origin, (ctx) => beginOwnRegistration(ctx, caller))
        return success(origin, options, { message: 'Have the browser make a passkey with these options.' })
      },
      {
        enrolling: true,
        fails: ['STEP_UP_REQUIRED', 'CONFLICT'],
        response: { 200: Envelope(CreationOptions) },
        detail: {
          summary: 'Begin to register a passkey or security key',
          description:
            'For `PublicKeyCredential.parseCreationOptionsFromJSON()`. The challenge counts once, for five minutes. ' +
            'Needs a recent step-up where there is another second factor already.',
        },
      },
    )
    .post(
      '/register/complete',
      async ({ origin, caller, body, set, status }) => {
        await requirePresence(deps, origin, caller)
        const input = { caller, response: body.credential, name: body.name }
        const { credential, backupCodes, session, token } = await completeOwnRegistration(deps, origin, input)
        set.headers['set-cookie'] = cookies.ofSession(session, token, deps.clock.now())
        const data = {
          credential: webauthnCredentialView(credential),
          ...(backupCodes ? { backup_codes: [...backupCodes] } : {}),
          token,
          expires_at: session.expiresAt.toISOString(),
        }
        const message = backupCodes ? 'Keep the backup codes: they are shown once.' : 'Registered.'
        return status(201, success(origin, data, { code: 201, message }))
      },
      {
        enrolling: true,
        onMalformed: recordMalformed(deps, { action: 'webauthn.register_failed' }),
        fails: ['BAD_REQUEST', 'AUTHORIZATION_ERROR', 'STEP_UP_REQUIRED', 'CONFLICT'],
        body: NewCredential,
        response: { 201: Envelope(Registered) },
        detail: {
          summary: 'Finish the registration with what the browser has made',
          description:
            'From now on signing in asks for it. This session goes on with the token of the answer.',
        },
      },
    )
    .get(
      '/status',
      async ({ origin, caller }) =>
        success(origin, await deps.read(origin, (ctx) => ownWebauthnStatus(ctx, caller))),
      {
        enrolling: 'profile:read',
        response: { 200: Envelope(WebauthnStatus) },
        detail: { summary: 'Show how many own passkeys and security keys there are' },
      },
    )
    .get(
      '/credentials',
      async ({ origin, caller }) => {
        const rows = await deps.read(origin, (ctx) => listCredentials(ctx, caller.user.id))
        const meta = { page: { limit: MAX_CREDENTIALS, next_cursor: null } }
        return success(origin, { credentials: rows.map(webauthnCredentialView) }, { meta })
      },
      {
        signedIn: 'profile:read',
        response: { 200: Envelope(z.object({ credentials: z.array(WebauthnCredential) })) },
        detail: { summary: 'List own passkeys and security keys', description: 'All of them, oldest first.' },
      },
    )
    .patch(
      '/credentials/:id',
      async ({ origin, caller, params, body }) => {
        const change = { caller, id: params.id, name: body.name }
        const renamed = await renameOwnCredential(deps, origin, change)
        return success(origin, { credential: webauthnCredentialView(renamed) })
      },
      {
        signedIn: true,
        fails: ['NOT_FOUND'],
        params,
        body: CredentialChange,
        response: { 200: Envelope(z.object({ credential: WebauthnCredential })) },
        detail: { summary: 'Rename an own passkey or security key' },
      },
    )
    .delete(
      '/credentials/:id',
      async ({ origin, caller, params }) => {
        await removeOwnCredential(deps, origin, { caller, id: params.id })
        return success(origin, {}, { message: 'Removed. Remove it from your device, too.' })
      },
      {
        signedIn: true,
        stepUp: true,
        fails: ['NOT_FOUND', 'CONFLICT'],
        params,
        response: { 200: Envelope(Nothing) },
        detail: {
          summary: 'Remove an own passkey or security key',
          description:
            'Refused where the policy of an organization needs it and nothing else satisfies that policy. With the ' +
            'last second factor the backup codes go.',
        },
      },
    )
}

/**
 * Which other sites may ask for the passkeys of this one: browsers read it at the domain that the passkeys belong to.
 * Web Authentication Level 3 §5.11, in a format of its own.
 */
export const relatedOrigins = (deps: HttpDeps) => {
  const { rpId, origins } = deps.config.webauthn
  const isOwn = (host: string) => host === rpId || host.endsWith(`.${rpId}`)
  const hasOthers = origins.some((origin) => !isOwn(new URL(origin).hostname))

  return new Elysia({ name: 'related-origins', tags: ['Authentication'] }).use(guard(deps)).get(
    '/.well-known/webauthn',
    () => {
      if (!hasOthers) throw notFound('A list of related origins')
      return { origins: [...origins] }
    },
    {
      public: true,
      fails: ['NOT_FOUND'],
      response: { 200: RelatedOrigins },
      detail: {
        summary: 'Which other sites may ask for passkeys of this one',
        description: 'For browsers. Only where `WEBAUTHN_ORIGINS` names sites outside of `WEBAUTHN_RP_ID`.',
      },
    },
  )
}
