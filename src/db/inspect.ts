import { Database as SqliteFile } from 'bun:sqlite'
import { SQL } from 'bun'
import { storageError } from './errors.ts'
import type { DatabaseLocation } from './open.ts'

export interface DatabaseInspection {
  /** `SQLite 3.51.0`, `PostgreSQL 15.14`. */
  readonly product: string
  /** What is wrong with the database itself, in words; nothing when it is sound. */
  readonly problems: readonly string[]
  /** What its clock says, where it has one of its own. */
  readonly now: Date | undefined
}

const OLDEST_POSTGRES = 140_000
const MAX_PROBLEMS = 10

/** Looks at a database without changing it. Rejects when it is away. A SQLite file is read as a whole. */
export async function inspectDatabase(location: DatabaseLocation): Promise<DatabaseInspection> {
  try {
    return location.kind === 'sqlite' ? inspectSqlite(location.path) : await inspectPostgres(location.url)
  } catch (error) {
    throw storageError(error)
  }
}

function inspectSqlite(path: string): DatabaseInspection {
  using file = new SqliteFile(path, { readonly: true, strict: true })
  const version = file.query<{ version: string }, []>('select sqlite_version() as version').get()?.version
  const damage = file
    .query<{ integrity_check: string }, []>(`PRAGMA integrity_check(${MAX_PROBLEMS})`)
    .all()
    .map((row) => row.integrity_check)
    .filter((line) => line !== 'ok')
  const orphan = file.query<{ table: string }, []>('PRAGMA foreign_key_check').get()
  const mode = file.query<{ journal_mode: string }, []>('PRAGMA journal_mode').get()?.journal_mode
  return {
    product: `SQLite ${version}`,
    problems: [
      ...damage,
      ...(orphan ? [`rows of ${orphan.table} refer to rows that are gone`] : []),
      ...(mode === 'wal' ? [] : [`the journal mode is ${mode} instead of wal`]),
    ],
    now: undefined,
  }
}

async function inspectPostgres(url: string): Promise<DatabaseInspection> {
  const client = new SQL({ url, max: 1, connectionTimeout: 5 })
  try {
    const [row]: { version: string; number: string; now: Date }[] = await client`
      select current_setting('server_version') as version, current_setting('server_version_num') as number,
        now() as now`
    const isTooOld = Number(row?.number) < OLDEST_POSTGRES
    return {
      product: `PostgreSQL ${row?.version}`,
      problems: isTooOld ? ['PostgreSQL 14 is the oldest that is supported'] : [],
      now: row?.now,
    }
  } finally {
    await client.close()
  }
}
