import type { Row } from '../db/index.ts'
import { type GrantType, invalidClientMetadata, isGrantOfPeople } from '../protocol/oauth/index.ts'

type Client = Pick<Row<'client'>, 'origin' | 'organizationId' | 'metadata'>

/** Whether the client may use a grant: one that it has, and of people only where nobody here answers for it. */
export const mayUseGrant = (client: Client, grantType: GrantType): boolean =>
  client.metadata.grant_types.includes(grantType) && (isVouchedFor(client) || isGrantOfPeople(grantType))

/** Throws invalid_client_metadata for a client that nobody here answers for and that would act for itself. */
export function requireVoucher(client: Client): void {
  if (isVouchedFor(client)) return
  const refused = client.metadata.grant_types.find((type) => !isGrantOfPeople(type))
  if (refused === undefined) return
  throw invalidClientMetadata(
    `The grant type ${refused} is for clients that register with an initial access token.`,
  )
}

const isVouchedFor = ({ origin, organizationId }: Client): boolean =>
  origin === 'created' || organizationId !== null
