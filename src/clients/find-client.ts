import { eq } from 'drizzle-orm'
import { placeholder, type Reader, type Row } from '../db/index.ts'
import type { StoredClient } from './schema.ts'

const ID = placeholder('id')

/** VSCHAR and bounded: anything else nothing has, and PostgreSQL would not even compare to. RFC 6749 appendix A.1 */
const CLIENT_ID = /^[\x20-\x7e]{1,512}$/

/**
 * A client with its secrets, expired ones among them; undefined for an id that nothing has. Asked for at every
 * token: two statements in one round trip, and on SQLite none where nothing was committed since.
 */
export async function findStoredClient(reader: Reader, id: string): Promise<StoredClient | undefined> {
  if (!CLIENT_ID.test(id)) return undefined
  const [[client], secrets] = await reader.together(
    [clientById(reader), secretsById(reader)],
    { id },
    `client:${id}`,
  )
  if (!client) return undefined
  const known = joined.get(client)
  if (known?.secrets === secrets) return known
  const stored = { ...client, secrets }
  joined.set(client, stored)
  return stored
}

/** Rows that are given again while nothing was committed need not be joined again. */
const joined = new WeakMap<Row<'client'>, StoredClient>()

const clientById = (reader: Reader) =>
  reader.prepared('client.by_id', (r) => r.select().from(r.t.client).where(eq(r.t.client.id, ID)))

const secretsById = (reader: Reader) =>
  reader.prepared('client.secrets', (r) =>
    r.select().from(r.t.clientSecret).where(eq(r.t.clientSecret.clientId, ID)),
  )
