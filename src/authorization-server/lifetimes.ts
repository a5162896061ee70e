import type { Config } from '../config/index.ts'
import type { Row } from '../db/index.ts'

type Client = Pick<Row<'client'>, 'metadata' | 'accessTokenSeconds' | 'refreshTokenSeconds'>

export const mayRefresh = ({ metadata }: Client): boolean => metadata.grant_types.includes('refresh_token')

/** How long what a client is issued lasts: as it is set up, else as everybody's. */
export const accessTokenSeconds = (client: Client, { oidc }: Config): number =>
  client.accessTokenSeconds ?? oidc.accessTokenSeconds

export const refreshTokenSeconds = (client: Client, { oidc }: Config): number =>
  client.refreshTokenSeconds ?? oidc.refreshTokenSeconds
