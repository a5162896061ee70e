import { Elysia } from 'elysia'
import { z } from 'zod'
import { Envelope, guard, Instant, success } from '../http/index.ts'
import { displayUserCode } from '../protocol/oauth/index.ts'
import type { AuthorizationServerDeps } from './deps.ts'
import { answerDevice, getWaitingDevice, type WaitingDevice } from './device-approval.ts'
import { Consent, RequestedResources, RequestedScope, ShownClient, shownOf } from './interaction-schema.ts'
import { shownClientView } from './interaction-views.ts'
import { scopeWords } from './scope-words.ts'

const UserCode = z.string().min(1).max(64).describe('As the device shows it; case and dashes do not count')

const DeviceQuestion = z.object({ user_code: UserCode }).meta({ examples: [{ user_code: 'WDJB-MJHT' }] })

const DeviceApproval = z
  .object({ user_code: UserCode, ...Consent.shape })
  .meta({ examples: [{ user_code: 'WDJB-MJHT', scopes: ['openid', 'profile'] }] })

const Device = z.object({
  user_code: z.string(),
  client: ShownClient,
  scopes: z.array(RequestedScope),
  resources: RequestedResources,
  requested_from: z.string().nullable().describe('The address that the device asked from'),
  requested_at: Instant,
  expires_at: Instant,
})
const Answer = Envelope(z.object({ device: Device }))

/** Answering for a device without a browser, as the person who is signed in. RFC 8628 §3.3 */
export const deviceApproval = (deps: AuthorizationServerDeps) =>
  new Elysia({ name: 'device-approval', prefix: '/api/v1/oidc/device', tags: ['OpenID Connect'] })
    .use(guard(deps))
    .post(
      '/lookup',
      async ({ origin, caller, body }) => {
        const waiting = await getWaitingDevice(deps, origin, { caller, userCode: body.user_code })
        return success(origin, { device: deviceView(waiting) })
      },
      {
        signedIn: true,
        fails: ['NOT_FOUND'],
        body: DeviceQuestion,
        response: { 200: Answer },
        detail: {
          summary: 'Which device waits with a code',
          description: 'Show it to the person, who may have been sent the code by somebody else.',
        },
      },
    )
    .post(
      '/approve',
      async ({ origin, caller, body }) => {
        const answer = { caller, userCode: body.user_code, shown: shownOf(body) }
        const waiting = await answerDevice(deps, origin, answer)
        return success(origin, { device: deviceView(waiting) }, { message: 'The device is signed in.' })
      },
      {
        signedIn: true,
        fails: ['NOT_FOUND', 'CONFLICT', 'AUTHORIZATION_ERROR'],
        body: DeviceApproval,
        response: { 200: Answer },
        detail: { summary: 'Sign a device in' },
      },
    )
    .post(
      '/deny',
      async ({ origin, caller, body }) => {
        const answer = { caller, userCode: body.user_code, shown: undefined }
        const waiting = await answerDevice(deps, origin, answer)
        return success(origin, { device: deviceView(waiting) }, { message: 'The device is turned away.' })
      },
      {
        signedIn: true,
        fails: ['NOT_FOUND'],
        body: DeviceQuestion,
        response: { 200: Answer },
        detail: { summary: 'Turn a device away' },
      },
    )

const deviceView = ({ device, client, asks }: WaitingDevice) => ({
  user_code: displayUserCode(device.userCode),
  client: shownClientView(client),
  scopes: asks.scopes.map((name) => ({ name, description: scopeWords(name) })),
  resources: [...asks.resources],
  requested_from: device.address,
  requested_at: device.createdAt.toISOString(),
  expires_at: device.expiresAt.toISOString(),
})
