import type { Row } from '../db/index.ts'
import { SCOPES } from '../http/index.ts'
import { validationError } from '../kernel/index.ts'
import {
  ClientMetadata,
  type CompleteClientMetadata,
  completeClientMetadata,
  DEFAULT_ID_TOKEN_ALGORITHM,
  FAPI_ALGORITHMS,
  isFapiClient,
  memberOfDynamicProfile,
  OAuthError,
  type RegistrationOffer,
  withoutDynamicProfile,
} from '../protocol/oauth/index.ts'
import type { ClientChange, NewClient } from './schema.ts'

/** What a client is allowed and how it is treated: everything about it that is not its identity. */
export type ClientSettings = Omit<
  Row<'client'>,
  'id' | 'organizationId' | 'origin' | 'registrationDigest' | 'createdAt' | 'updatedAt'
>

/** Of a client about which nothing was said: as narrow as an ordinary application can live with. */
export const defaultSettings = (organizationId: string | null): Omit<ClientSettings, 'metadata'> => ({
  acceptsBasicAndPost: true,
  requirePkce: true,
  allowPlainPkce: false,
  consent: 'required',
  accessTokenFormat: 'jwt',
  accessTokenAlgorithm: 'ES256',
  accessTokenSeconds: null,
  idTokenSeconds: null,
  refreshTokenSeconds: null,
  audiences: [],
  foreignAudiences: [],
  claims: {},
  access: { membersOnly: organizationId !== null, roles: [], departmentIds: [] },
})

/**
 * The settings with `change` applied: what it leaves out stays, what it sets to null takes its default again.
 * Throws VALIDATION_ERROR where the outcome does not fit together, with what to write instead.
 */
export function changeSettings(
  current: Omit<ClientSettings, 'metadata'> & { readonly metadata?: CompleteClientMetadata },
  change: NewClient | ClientChange,
  { organizationId, ...offer }: RegistrationOffer & { readonly organizationId: string },
): ClientSettings {
  const metadata = changeMetadata(current.metadata, change, offer)
  const usual = defaultSettings(organizationId)
  const method = change.token_endpoint_auth_method
  const isEither = method === undefined ? current.acceptsBasicAndPost : method === null
  const settings: ClientSettings = {
    metadata,
    acceptsBasicAndPost: isEither && metadata.token_endpoint_auth_method === 'client_secret_basic',
    requirePkce: given(change.pkce_required, current.requirePkce, usual.requirePkce),
    allowPlainPkce: given(change.pkce_plain_allowed, current.allowPlainPkce, usual.allowPlainPkce),
    consent: given(change.consent, current.consent, usual.consent),
    accessTokenFormat: given(change.access_token_format, current.accessTokenFormat, usual.accessTokenFormat),
    accessTokenAlgorithm: given(
      change.access_token_signing_alg,
      current.accessTokenAlgorithm,
      usual.accessTokenAlgorithm,
    ),
    accessTokenSeconds: given(
      change.access_token_lifetime,
      current.accessTokenSeconds,
      usual.accessTokenSeconds,
    ),
    idTokenSeconds: given(change.id_token_lifetime, current.idTokenSeconds, usual.idTokenSeconds),
    refreshTokenSeconds: given(
      change.refresh_token_lifetime,
      current.refreshTokenSeconds,
      usual.refreshTokenSeconds,
    ),
    audiences: given(change.audiences, current.audiences, usual.audiences),
    // What is listed anew has to be claimed, so that none of it is another's.
    foreignAudiences: given(change.audiences && [], current.foreignAudiences, usual.foreignAudiences),
    claims: given(change.claims, current.claims, usual.claims),
    access: given(change.access && accessOf(change.access), current.access, usual.access),
  }
  refuseMisfits(settings)
  if (change.scope !== undefined || change.grant_types !== undefined) refuseScopesOfPeople(metadata)
  return settings
}

/** Whether the client proves itself with a secret, which then exists. OpenID Connect Core 1.0 §9 */
export const usesSecret = ({ token_endpoint_auth_method: method }: CompleteClientMetadata): boolean =>
  method.startsWith('client_secret_')

/** Whether it signs with that secret, which then must come back. */
export const signsWithSecret = ({ token_endpoint_auth_method: method }: CompleteClientMetadata): boolean =>
  method === 'client_secret_jwt'

/** What was left out stays, null takes the default again. */
const given = <T>(value: T | null | undefined, kept: T, usual: T): T =>
  value === undefined ? kept : (value ?? usual)

const accessOf = (access: NonNullable<NewClient['access']>): ClientSettings['access'] => ({
  membersOnly: access.members_only,
  roles: access.roles ?? [],
  departmentIds: access.department_ids ?? [],
})

const MEMBERS = Object.keys(ClientMetadata.shape)

function changeMetadata(
  current: CompleteClientMetadata | undefined,
  change: NewClient | ClientChange,
  { dynamicProfile }: RegistrationOffer,
): CompleteClientMetadata {
  const unoffered = dynamicProfile ? undefined : memberOfDynamicProfile(change)
  if (unoffered !== undefined) throw validationError({ [unoffered]: ['is not offered by this server'] })
  const told = Object.entries(dynamicProfile ? change : withoutDynamicProfile(change)).filter(
    ([name, value]) => MEMBERS.includes(name) && value !== undefined,
  )
  // They follow the grant types, unless the client has registered itself for fewer.
  const { response_types, id_token_signed_response_alg: algorithm, ...kept } = current ?? {}
  // What is everybody's default is taken for it, so that a client of FAPI has another.
  const own = algorithm === DEFAULT_ID_TOKEN_ALGORITHM ? {} : { id_token_signed_response_alg: algorithm }
  const types = change.grant_types === undefined && response_types ? { response_types } : {}
  const members = Object.entries({ ...kept, ...own, ...types, ...Object.fromEntries(told) })
  try {
    const metadata: ClientMetadata = Object.fromEntries(
      members.filter(([, value]) => value !== null && value !== undefined),
    )
    return completeClientMetadata(metadata)
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error
    const field = error.code === 'invalid_redirect_uri' ? 'redirect_uris' : (error.reason ?? '(body)')
    throw validationError({ [field]: [error.message] })
  }
}

function refuseMisfits({ metadata, requirePkce, accessTokenAlgorithm }: ClientSettings): void {
  // FAPI 2.0 Security Profile §5.4.1
  if (isFapiClient(metadata) && !FAPI_ALGORITHMS.includes(accessTokenAlgorithm)) {
    throw validationError({
      access_token_signing_alg: ['must be ES256 or EdDSA for a client of the FAPI 2.0 Security Profile'],
    })
  }
  // Without either, whoever sees a code can redeem it. RFC 9700 §2.1.1
  if (!requirePkce && metadata.token_endpoint_auth_method === 'none') {
    throw validationError({
      pkce_required: ['must be true for a public client, or give it another token_endpoint_auth_method'],
    })
  }
}

/** A service that acts for itself alone is let into no REST API: that acts for people, with what they may. */
function refuseScopesOfPeople({ grant_types, scope }: CompleteClientMetadata): void {
  const ofPeople = SCOPES.filter((token) => scope?.split(' ').includes(token))
  if (ofPeople.length === 0 || grant_types.some((type) => type !== 'client_credentials')) return
  throw validationError({
    scope: [
      `must not have ${ofPeople.join(' ')} without a grant of people: client_credentials never gets a scope of the REST API`,
    ],
  })
}
