import { record } from '../audit/index.ts'
import { storeDocumentClient } from '../clients/index.ts'
import type { WriteCtx } from '../db/index.ts'
import { addSeconds, createToken, sha256 } from '../kernel/index.ts'
import {
  createUserCode,
  encodeDeviceAuthorization,
  type GrantType,
  grantableScope,
  parseDeviceAuthorizationRequest,
  unauthorizedClient,
} from '../protocol/oauth/index.ts'
import { addressOf, PATHS } from './addresses.ts'
import { resourceDetails } from './agreement.ts'
import { requireResources } from './audience.ts'
import { auditedClient } from './audited-client.ts'
import type { AuthorizationServerDeps } from './deps.ts'
import type { ClientRequest } from './endpoint.ts'
import { clientScopes } from './scopes.ts'

const DEVICE_CODE: GrantType = 'urn:ietf:params:oauth:grant-type:device_code'
/** How long a person has to answer. */
const LIFETIME_SECONDS = 600
/** RFC 8628 §3.2 */
const INTERVAL_SECONDS = 5
/** There are 25,600,000,000 user codes: one that is taken is rare, several in a row are a fault. */
const MAX_ATTEMPTS = 5

/** Begins the flow of a program without a browser: codes for it, and one for the person who answers. RFC 8628 §3.1 */
export function createDeviceAuthorization(deps: AuthorizationServerDeps) {
  return async ({ client, parameters, origin, thumbprint }: ClientRequest) => {
    if (!client.metadata.grant_types.includes(DEVICE_CODE)) {
      throw unauthorizedClient('This client may not use the device authorization grant.')
    }
    const { scope: requested, resources } = parseDeviceAuthorizationRequest(parameters)
    const open = clientScopes(client)
    const scopes = requested === undefined ? open : grantableScope(requested, open)
    await deps.read(origin, (ctx) => requireResources(ctx, client, { resources, userId: undefined }))
    const codes = await deps.write(origin, async (ctx) => {
      await storeDocumentClient(ctx, client)
      const created = await insert(ctx, {
        clientId: client.id,
        scopes,
        resources,
        dpopJkt: thumbprint ?? null,
      })
      await record(ctx, {
        action: 'oidc.device_authorize',
        ...auditedClient(client),
        details: { scope: scopes, ...resourceDetails(resources) },
      })
      return created
    })
    return encodeDeviceAuthorization({
      ...codes,
      verificationUri: addressOf(deps.config, PATHS.devicePage),
      lifetimeSeconds: LIFETIME_SECONDS,
      intervalSeconds: INTERVAL_SECONDS,
    })
  }
}

async function insert(
  ctx: WriteCtx,
  asked: {
    clientId: string
    scopes: readonly string[]
    resources: readonly string[]
    dpopJkt: string | null
  },
): Promise<{ deviceCode: string; userCode: string }> {
  const { deviceAuthorization } = ctx.tx.t
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const deviceCode = createToken('deviceCode', ctx.random)
    const userCode = createUserCode(ctx.random.bytes(16))
    const [row] = await ctx.tx
      .insert(deviceAuthorization)
      .values({
        ...asked,
        id: ctx.newId(),
        deviceDigest: sha256(deviceCode),
        userCode,
        address: ctx.request?.address ?? null,
        status: 'pending',
        userId: null,
        grantId: null,
        sessionId: null,
        authTime: null,
        acr: null,
        amr: null,
        intervalSeconds: INTERVAL_SECONDS,
        lastPolledAt: null,
        createdAt: ctx.now,
        expiresAt: addSeconds(ctx.now, LIFETIME_SECONDS),
      })
      .onConflictDoNothing({ target: deviceAuthorization.userCode })
      .returning({ id: deviceAuthorization.id })
    if (row) return { deviceCode, userCode }
  }
  throw new Error('Every user code that was tried is taken')
}
