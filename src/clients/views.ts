import type { Row } from '../db/index.ts'
import { instantOrNull } from '../http/index.ts'
import type { Client, ClientSecret, InitialAccessToken } from './schema.ts'

export const clientView = (row: Row<'client'>): Client => ({
  client_id: row.id,
  organization_id: row.organizationId,
  origin: row.origin,
  ...row.metadata,
  accepts_basic_and_post: row.acceptsBasicAndPost,
  pkce_required: row.requirePkce,
  pkce_plain_allowed: row.allowPlainPkce,
  consent: row.consent,
  access_token_format: row.accessTokenFormat,
  access_token_signing_alg: row.accessTokenAlgorithm,
  access_token_lifetime: row.accessTokenSeconds,
  id_token_lifetime: row.idTokenSeconds,
  refresh_token_lifetime: row.refreshTokenSeconds,
  audiences: [...row.audiences],
  foreign_audiences: [...row.foreignAudiences],
  claims: row.claims,
  access: {
    members_only: row.access.membersOnly,
    roles: [...row.access.roles],
    department_ids: [...row.access.departmentIds],
  },
  created_at: row.createdAt.toISOString(),
  updated_at: row.updatedAt.toISOString(),
})

export const clientSecretView = ({ createdAt, expiresAt }: Row<'clientSecret'>): ClientSecret => ({
  created_at: createdAt.toISOString(),
  expires_at: instantOrNull(expiresAt),
})

export const initialAccessTokenView = (row: Row<'initialAccessToken'>): InitialAccessToken => ({
  id: row.id,
  uses_left: row.usesLeft,
  created_at: row.createdAt.toISOString(),
  expires_at: row.expiresAt.toISOString(),
})
