/** A row of each kind that a clean-up removes, made to last until a given time. */
import { eq } from 'drizzle-orm'
import { findOrCreateGrant } from '../../src/authorization-server/index.ts'
import { createClient, type StoredClient, storeDocumentClient } from '../../src/clients/index.ts'
import { defaultSettings } from '../../src/clients/settings.ts'
import type { WriteCtx } from '../../src/db/index.ts'
import { addSeconds, DAY, HOUR } from '../../src/kernel/index.ts'
import { parseClientIdMetadataDocument } from '../../src/protocol/oauth/index.ts'
import type { AuthorizationRequest } from '../../src/protocol/oidc/index.ts'

export interface Owner {
  readonly userId: string
  readonly organizationId: string
}

/** Inserts a row that is to be removed at `end`, and not a millisecond before. */
type Plant = (ctx: WriteCtx, owner: Owner, end: Date) => Promise<unknown>

const IDLE_SECONDS = 12 * HOUR

const session = (ctx: WriteCtx, { userId }: Owner) => ({
  id: ctx.newId(),
  userId,
  digest: ctx.random.bytes(32),
  deviceName: 'Firefox on Linux',
  address: null,
  amr: ['pwd'],
  acr: 'urn:authy2:acr:1fa' as const,
  isComplianceOnly: false,
  isRemembered: false,
  authenticatedAt: ctx.now,
  steppedUpAt: null,
  createdAt: ctx.now,
  lastSeenAt: ctx.now,
  idleSeconds: IDLE_SECONDS,
  expiresAt: addSeconds(ctx.now, DAY),
})

export const PLANTS: Readonly<Record<string, Plant>> = {
  sessions: (ctx, owner, end) =>
    ctx.tx.insert(ctx.tx.t.session).values({ ...session(ctx, owner), expiresAt: end }),
  idle_sessions: (ctx, owner, end) =>
    ctx.tx
      .insert(ctx.tx.t.session)
      .values({ ...session(ctx, owner), lastSeenAt: addSeconds(end, -IDLE_SECONDS) }),
  known_devices: (ctx, { userId }, end) =>
    ctx.tx.insert(ctx.tx.t.knownDevice).values({
      userId,
      digest: ctx.random.bytes(32),
      firstSeenAt: addSeconds(end, -800 * DAY),
      lastSeenAt: addSeconds(end, -400 * DAY),
    }),
  api_keys: (ctx, { userId }, end) =>
    ctx.tx.insert(ctx.tx.t.apiKey).values({
      id: ctx.newId(),
      userId,
      organizationId: null,
      name: ctx.newId(),
      digest: ctx.random.bytes(32),
      hint: 'a2k_abcd',
      scopes: [],
      createdAt: ctx.now,
      expiresAt: addSeconds(end, -30 * DAY),
      lastUsedAt: null,
    }),
  mail_proofs: async (ctx, { userId }, end) => {
    const { mailProof } = ctx.tx.t
    const taken = await ctx.tx.$count(mailProof)
    const purpose = (['verify_email', 'change_email', 'reset_password', 'recovery'] as const)[taken]
    if (!purpose) throw new Error('A user has one proof of each purpose')
    const digest = ctx.random.bytes(32)
    await ctx.tx
      .insert(mailProof)
      .values({ userId, purpose, digest, email: 'a@example.com', createdAt: ctx.now, expiresAt: end })
  },
  webauthn_challenges: (ctx, _, end) =>
    ctx.tx
      .insert(ctx.tx.t.webauthnChallenge)
      .values({ digest: ctx.random.bytes(32), purpose: 'passkey', boundTo: null, expiresAt: end }),
  sign_in_attempts: (ctx, { userId }, end) =>
    ctx.tx.insert(ctx.tx.t.signInAttempt).values({
      id: ctx.newId(),
      userId,
      digest: ctx.random.bytes(32),
      method: 'password',
      amr: ['pwd'],
      isRemembered: false,
      failures: 0,
      createdAt: ctx.now,
      expiresAt: end,
    }),
  invites: (ctx, { userId, organizationId }, end) => {
    const id = ctx.newId()
    return ctx.tx.insert(ctx.tx.t.invite).values({
      id,
      organizationId,
      email: `${id}@example.com`,
      emailNormalized: `${id}@example.com`,
      role: 'member',
      departmentIds: [],
      digest: ctx.random.bytes(32),
      invitedBy: userId,
      createdAt: ctx.now,
      sentAt: ctx.now,
      expiresAt: addSeconds(end, -30 * DAY),
    })
  },
  client_secrets: async (ctx, { organizationId }, end) => {
    const body = { client_name: 'Wiki', redirect_uris: ['https://wiki.example.com/'] }
    const { client } = await createClient(ctx, { organizationId, body })
    const { clientSecret } = ctx.tx.t
    await ctx.tx.update(clientSecret).set({ expiresAt: end }).where(eq(clientSecret.clientId, client.id))
  },
  initial_access_tokens: (ctx, { organizationId }, end) =>
    ctx.tx.insert(ctx.tx.t.initialAccessToken).values({
      id: ctx.newId(),
      organizationId,
      digest: ctx.random.bytes(32),
      usesLeft: 1,
      createdAt: ctx.now,
      expiresAt: end,
    }),
  authorization_codes: async (ctx, owner, end) => {
    const { familyId, ...issued } = await issuedTo(ctx, owner, end)
    await ctx.tx.insert(ctx.tx.t.authorizationCode).values({
      ...issued,
      familyId,
      digest: ctx.random.bytes(32),
      redirectUri: REDIRECT_URI,
      resources: [],
      authTime: ctx.now,
      acr: 'urn:authy2:acr:1fa',
      amr: ['pwd'],
    })
  },
  refresh_tokens: async (ctx, owner, end) => {
    const { familyId, ...issued } = await issuedTo(ctx, owner, end)
    await ctx.tx.insert(ctx.tx.t.refreshToken).values({
      ...issued,
      id: familyId,
      digest: ctx.random.bytes(32),
      resources: [],
      authTime: ctx.now,
      acr: 'urn:authy2:acr:1fa',
      amr: ['pwd'],
    })
  },
  access_tokens: async (ctx, owner, end) =>
    ctx.tx.insert(ctx.tx.t.accessToken).values({
      ...(await issuedTo(ctx, owner, end)),
      id: ctx.newId(),
      digest: ctx.random.bytes(32),
      audience: [],
    }),
  device_authorizations: async (ctx, owner, end) => {
    const { clientId, scopes, createdAt, expiresAt } = await issuedTo(ctx, owner, end)
    await ctx.tx.insert(ctx.tx.t.deviceAuthorization).values({
      id: ctx.newId(),
      deviceDigest: ctx.random.bytes(32),
      userCode: ctx.newId(),
      clientId,
      scopes,
      resources: [],
      status: 'pending',
      intervalSeconds: 5,
      createdAt,
      expiresAt,
    })
  },
  interactions: async (ctx, owner, end) => {
    const { clientId, createdAt, expiresAt } = await issuedTo(ctx, owner, end)
    await ctx.tx.insert(ctx.tx.t.interaction).values({
      id: ctx.newId(),
      browserDigest: ctx.random.bytes(32),
      clientId,
      request: requestOf(clientId),
      createdAt,
      expiresAt,
    })
  },
  pushed_requests: async (ctx, owner, end) => {
    const { clientId, createdAt, expiresAt } = await issuedTo(ctx, owner, end)
    await ctx.tx.insert(ctx.tx.t.pushedRequest).values({
      digest: ctx.random.bytes(32),
      clientId,
      request: requestOf(clientId),
      createdAt,
      expiresAt,
    })
  },
  client_sessions: async (ctx, owner, end) => {
    const { clientId, userId, createdAt, expiresAt } = await issuedTo(ctx, owner, end)
    await ctx.tx.insert(ctx.tx.t.clientSession).values({
      sessionId: ctx.newId(),
      clientId,
      userId,
      createdAt,
      expiresAt,
    })
  },
  described_clients: async (ctx, _, end) => {
    const row = await describedClient(ctx)
    const updatedAt = addSeconds(end, -30 * DAY)
    await ctx.tx.update(ctx.tx.t.client).set({ updatedAt }).where(eq(ctx.tx.t.client.id, row.id))
  },
}

/** A client that has a row because somebody was sent here by it. */
export async function describedClient(ctx: WriteCtx): Promise<StoredClient> {
  const id = `https://tool.example.com/${ctx.newId()}.json`
  const metadata = parseClientIdMetadataDocument(id, { client_id: id, redirect_uris: [REDIRECT_URI] })
  const row: StoredClient = {
    ...defaultSettings(null),
    id,
    organizationId: null,
    origin: 'document',
    metadata,
    registrationDigest: null,
    createdAt: ctx.now,
    updatedAt: ctx.now,
    secrets: [],
  }
  await storeDocumentClient(ctx, row)
  return row
}

const requestOf = (clientId: string): AuthorizationRequest => ({
  clientId,
  redirectUri: REDIRECT_URI,
  responseMode: 'query',
  scope: ['openid'],
  resources: [],
  prompt: [],
  acr: { values: [], isEssential: false },
  claims: { userinfo: [], idToken: [] },
  uiLocales: [],
})

const REDIRECT_URI = 'https://wiki.example.com/'

/** What everything that a client is given for a user has in common. */
async function issuedTo(ctx: WriteCtx, { userId, organizationId }: Owner, end: Date) {
  const { client } = await createClient(ctx, {
    organizationId,
    body: { client_name: 'Wiki', redirect_uris: [REDIRECT_URI], token_endpoint_auth_method: 'none' },
  })
  const grant = await findOrCreateGrant(ctx, { client: { ...client, secrets: [] }, userId, scopes: [] })
  return {
    clientId: client.id,
    userId,
    grantId: grant.id,
    familyId: ctx.newId(),
    scopes: [],
    createdAt: ctx.now,
    expiresAt: end,
  }
}

/** How many rows there are of all kinds together. */
export async function countRows({ reader }: Pick<WriteCtx, 'reader'>): Promise<number> {
  const { t } = reader
  const tables = [
    t.session,
    t.knownDevice,
    t.apiKey,
    t.mailProof,
    t.webauthnChallenge,
    t.signInAttempt,
    t.invite,
    t.clientSecret,
    t.initialAccessToken,
    t.authorizationCode,
    t.refreshToken,
    t.accessToken,
    t.deviceAuthorization,
    t.interaction,
    t.pushedRequest,
    t.clientSession,
  ]
  let rows = 0
  for (const table of tables) rows += await reader.$count(table)
  return rows + (await reader.$count(t.client, eq(t.client.origin, 'document')))
}
