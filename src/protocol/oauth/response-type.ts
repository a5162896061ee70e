import { invalidClientMetadata } from './errors.ts'

/** OAuth 2.0 Multiple Response Type Encoding Practices §3; `code` alone unless the Dynamic profile is on. */
export const RESPONSE_TYPES = ['code', 'id_token', 'id_token token'] as const
export type ResponseType = (typeof RESPONSE_TYPES)[number]

/** Those whose tokens pass through the browser. OpenID Connect Core 1.0 §3.2 */
export const IMPLICIT_RESPONSE_TYPES = ['id_token', 'id_token token'] as const
export type ImplicitResponseType = (typeof IMPLICIT_RESPONSE_TYPES)[number]

/** The response type that a request names; undefined for one that there is not. The order of its words means nothing. */
export function findResponseType(text: string | undefined): ResponseType | undefined {
  const asked = text?.split(' ').sort().join(' ')
  return RESPONSE_TYPES.find((known) => known === asked)
}

/** What the Dynamic profile lets be registered, among other members. */
interface Registered {
  readonly grant_types?: readonly string[] | null | undefined
  readonly response_types?: readonly string[] | null | undefined
  readonly request_object_signing_alg?: string | null | undefined
  readonly request_uris?: unknown
}

/**
 * What is registered where the Dynamic profile is off: `request_uris` is a member that is not understood, and so left
 * out (RFC 7591 §2). Throws invalid_client_metadata for values that are not offered.
 */
export function withoutDynamicProfile<Metadata extends Registered>(
  metadata: Metadata,
): Omit<Metadata, 'request_uris'> {
  const { request_uris, ...rest } = metadata
  const member = memberOfDynamicProfile(rest)
  if (member === undefined) return rest
  throw invalidClientMetadata(`The member ${member} is not accepted: this is not offered.`)
}

/** The member whose value the Dynamic profile alone offers, if there is one. */
export function memberOfDynamicProfile({
  grant_types,
  response_types,
  request_object_signing_alg: algorithm,
}: Registered): string | undefined {
  const grant = grant_types?.indexOf('implicit') ?? -1
  if (grant >= 0) return `grant_types.${grant}`
  const type = response_types?.findIndex((one) => one !== 'code') ?? -1
  if (type >= 0) return `response_types.${type}`
  return algorithm === 'none' ? 'request_object_signing_alg' : undefined
}
