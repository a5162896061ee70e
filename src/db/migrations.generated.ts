// Made by `bun run generate`; do not edit.
// biome-ignore-all format: kept as the script writes it
import postgres0 from '../../drizzle/postgres/0000_initial.sql' with { type: 'text' }
import postgres1 from '../../drizzle/postgres/0001_oauth_foreign_key_indexes.sql' with { type: 'text' }
import postgres2 from '../../drizzle/postgres/0002_find_unused_clients.sql' with { type: 'text' }
import postgres3 from '../../drizzle/postgres/0003_replaceable_authenticator_app.sql' with { type: 'text' }
import postgres4 from '../../drizzle/postgres/0004_lighter_tokens.sql' with { type: 'text' }
import postgres5 from '../../drizzle/postgres/0005_one_refresh_token_a_family.sql' with { type: 'text' }
import postgres6 from '../../drizzle/postgres/0006_organization_accent.sql' with { type: 'text' }
import postgres7 from '../../drizzle/postgres/0007_resource_owners.sql' with { type: 'text' }
import sqlite0 from '../../drizzle/sqlite/0000_initial.sql' with { type: 'text' }
import sqlite1 from '../../drizzle/sqlite/0001_oauth_foreign_key_indexes.sql' with { type: 'text' }
import sqlite2 from '../../drizzle/sqlite/0002_find_unused_clients.sql' with { type: 'text' }
import sqlite3 from '../../drizzle/sqlite/0003_replaceable_authenticator_app.sql' with { type: 'text' }
import sqlite4 from '../../drizzle/sqlite/0004_lighter_tokens.sql' with { type: 'text' }
import sqlite5 from '../../drizzle/sqlite/0005_one_refresh_token_a_family.sql' with { type: 'text' }
import sqlite6 from '../../drizzle/sqlite/0006_organization_accent.sql' with { type: 'text' }
import sqlite7 from '../../drizzle/sqlite/0007_resource_owners.sql' with { type: 'text' }
import type { Migration } from './migrate.ts'

export const postgresMigrations: readonly Migration[] = [
  { name: '0000_initial', sql: postgres0 },
  { name: '0001_oauth_foreign_key_indexes', sql: postgres1 },
  { name: '0002_find_unused_clients', sql: postgres2 },
  { name: '0003_replaceable_authenticator_app', sql: postgres3 },
  { name: '0004_lighter_tokens', sql: postgres4 },
  { name: '0005_one_refresh_token_a_family', sql: postgres5 },
  { name: '0006_organization_accent', sql: postgres6 },
  { name: '0007_resource_owners', sql: postgres7 },
]

export const sqliteMigrations: readonly Migration[] = [
  { name: '0000_initial', sql: sqlite0 },
  { name: '0001_oauth_foreign_key_indexes', sql: sqlite1 },
  { name: '0002_find_unused_clients', sql: sqlite2 },
  { name: '0003_replaceable_authenticator_app', sql: sqlite3 },
  { name: '0004_lighter_tokens', sql: sqlite4 },
  { name: '0005_one_refresh_token_a_family', sql: sqlite5 },
  { name: '0006_organization_accent', sql: sqlite6 },
  { name: '0007_resource_owners', sql: sqlite7 },
]
