/**
 * The whole data model, one file a capability, written once in the column vocabulary and made for
 * both dialects. Keys are singular (`t.user`), SQL names plural.
 */
import type { Columns } from '../columns.postgres.ts'
import { defineAuditTables } from './audit.ts'
import { defineClientTables } from './clients.ts'
import { defineCredentialTables } from './credentials.ts'
import { defineDepartmentTables } from './departments.ts'
import { defineJobTables } from './jobs.ts'
import { defineOauthTables } from './oauth.ts'
import { defineOrganizationTables } from './organizations.ts'
import { defineOutboxTables } from './outbox.ts'
import { definePolicyTables } from './policies.ts'
import { defineSessionTables } from './sessions.ts'
import { defineSigningKeyTables } from './signing-keys.ts'
import { defineUserTables } from './users.ts'

export function defineTables(c: Columns) {
  const users = defineUserTables(c)
  const organizations = defineOrganizationTables(c, users)
  const clients = defineClientTables(c, organizations)
  return {
    ...users,
    ...defineCredentialTables(c, users),
    ...organizations,
    ...defineDepartmentTables(c, organizations),
    ...defineSessionTables(c, { ...users, ...organizations }),
    ...definePolicyTables(c, organizations),
    ...defineJobTables(c),
    ...clients,
    ...defineOauthTables(c, { ...users, ...clients }),
    ...defineSigningKeyTables(c),
    ...defineAuditTables(c),
    ...defineOutboxTables(c),
  }
}

export type Tables = ReturnType<typeof defineTables>
/** A row as it is stored: `Row<'user'>`. */
export type Row<Name extends keyof Tables> = Tables[Name]['$inferSelect']
