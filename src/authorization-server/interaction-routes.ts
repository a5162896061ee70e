import { Elysia } from 'elysia'
import { z } from 'zod'
import { type FirstFactor, recordMalformedSignIn, sessionCookies } from '../authentication/index.ts'
import { createCookies, Envelope, guard, type MalformedInput, originCheck, success } from '../http/index.ts'
import { abort, consent, continueInteraction, getInteraction } from './interaction.ts'
import type { InteractionDeps } from './interaction-deps.ts'
import {
  Consent,
  FirstFactorAnswer,
  Interaction,
  InteractionAnswer,
  InteractionPath,
  SecondFactorAnswer,
  shownOf,
} from './interaction-schema.ts'
import { createInteractionSignIn, type SigningIn } from './interaction-sign-in.ts'
import { interactionView, progressView } from './interaction-views.ts'

/**
 * What the hosted pages do, as JSON, for applications with a sign-in of their own. An interaction answers to the
 * browser that began it alone, by its cookie; every step may be repeated, and tells what is missing then.
 */
export const interactions = (deps: InteractionDeps) => {
  const signIn = createInteractionSignIn(deps)
  const jar = createCookies(deps.config)
  const cookies = sessionCookies(deps.config)
  const checkOrigin = originCheck(deps.config)

  /** The cookie speaks for the browser, so the request has to say that it comes from this site. */
  const fromThisSite = ({ request }: { request: Request }) => checkOrigin(request, true)

  const recordMalformedFactor = (input: MalformedInput): Promise<void> =>
    recordMalformedSignIn(
      deps,
      isOfAuthenticator(input.body) ? 'webauthn.verify_failed' : 'totp.verify_failed',
    )(input)

  const keyOf = ({ headers }: Request, id: string) => ({
    id,
    browserToken: jar.read(headers.get('cookie'), 'interaction'),
  })
  const accessOf = (request: Request, id: string) => ({
    key: keyOf(request, id),
    sessionToken: cookies.presented(request).session,
  })
  const signingIn = (request: Request, id: string): SigningIn => ({
    key: keyOf(request, id),
    cookies: cookies.presented(request),
  })

  return new Elysia({
    name: 'interactions',
    prefix: '/api/v1/oidc/interactions',
    tags: ['OpenID Connect'],
  })
    .use(guard(deps))
    .get(
      '/:id',
      async ({ origin, request, params }) => {
        const open = await getInteraction(deps, origin, accessOf(request, params.id))
        return success(origin, { interaction: interactionView(open) })
      },
      {
        public: true,
        limit: 'interaction',
        fails: ['NOT_FOUND'],
        params: InteractionPath,
        response: { 200: Envelope(z.object({ interaction: Interaction })) },
        detail: {
          summary: 'What is missing on the way to an application',
          description: 'For the browser only that was sent to the authorization endpoint, by its cookie.',
        },
      },
    )
    .post(
      '/:id/login',
      async ({ origin, request, params, body, set }) => {
        const access = signingIn(request, params.id)
        const outcome = await signIn.byFirstFactor(origin, access, firstFactor(body))
        set.headers['set-cookie'] = [...outcome.cookies]
        return success(origin, progressView(outcome.progress))
      },
      {
        public: true,
        limit: 'login',
        fails: ['AUTHENTICATION_ERROR', 'AUTHORIZATION_ERROR', 'NOT_FOUND', 'SERVICE_UNAVAILABLE'],
        beforeHandle: fromThisSite,
        params: InteractionPath,
        body: FirstFactorAnswer,
        response: { 200: Envelope(InteractionAnswer) },
        detail: { summary: 'Sign in on the way to an application' },
      },
    )
    .post(
      '/:id/mfa',
      async ({ origin, request, params, body, set }) => {
        const access = signingIn(request, params.id)
        const outcome = await signIn.bySecondFactor(origin, access, secondFactor(body))
        set.headers['set-cookie'] = [...outcome.cookies]
        return success(origin, progressView(outcome.progress))
      },
      {
        public: true,
        limit: 'totpVerify',
        fails: ['AUTHENTICATION_ERROR', 'AUTHORIZATION_ERROR', 'NOT_FOUND', 'CONFLICT'],
        onMalformed: recordMalformedFactor,
        beforeHandle: fromThisSite,
        params: InteractionPath,
        body: SecondFactorAnswer,
        response: { 200: Envelope(InteractionAnswer) },
        detail: { summary: 'Prove a second factor on the way to an application' },
      },
    )
    .post(
      '/:id/continue',
      async ({ origin, request, params }) =>
        success(origin, progressView(await continueInteraction(deps, origin, accessOf(request, params.id)))),
      {
        public: true,
        limit: 'interaction',
        fails: ['AUTHENTICATION_ERROR', 'AUTHORIZATION_ERROR', 'NOT_FOUND'],
        beforeHandle: fromThisSite,
        params: InteractionPath,
        response: { 200: Envelope(InteractionAnswer) },
        detail: { summary: 'Go on to an application as the person who is signed in' },
      },
    )
    .post(
      '/:id/consent',
      async ({ origin, request, params, body }) => {
        const input = {
          ...accessOf(request, params.id),
          shown: shownOf(body),
          shownSessionId: body.session_id,
        }
        return success(origin, progressView(await consent(deps, origin, input)))
      },
      {
        public: true,
        limit: 'interaction',
        fails: ['AUTHENTICATION_ERROR', 'AUTHORIZATION_ERROR', 'NOT_FOUND', 'CONFLICT'],
        beforeHandle: fromThisSite,
        params: InteractionPath,
        body: Consent,
        response: { 200: Envelope(InteractionAnswer) },
        detail: {
          summary: 'Agree to what an application asks for',
          description: 'To all of it or, by `abort`, to nothing.',
        },
      },
    )
    .post(
      '/:id/abort',
      async ({ origin, request, params }) =>
        success(origin, progressView(await abort(deps, origin, accessOf(request, params.id)))),
      {
        public: true,
        limit: 'interaction',
        fails: ['AUTHORIZATION_ERROR', 'NOT_FOUND'],
        beforeHandle: fromThisSite,
        params: InteractionPath,
        response: { 200: Envelope(InteractionAnswer) },
        detail: { summary: 'Go back to an application without signing in' },
      },
    )
}

const firstFactor = (answer: FirstFactorAnswer): FirstFactor => {
  const isRemembered = answer.remember_me ?? false
  if ('credential' in answer) return { passkey: answer.credential, isRemembered }
  const { email, password } = answer
  return { email, password, isRemembered }
}

const isOfAuthenticator = (body: unknown): boolean =>
  typeof body === 'object' && body !== null && 'credential' in body

const secondFactor = ({ mfa_token: mfaToken, ...factor }: SecondFactorAnswer) => ({ mfaToken, factor })
