/** Rows of the smallest table, as something to write and to look for. */
import type { Database, Reader, Tx } from '../../src/db/index.ts'

const NOW = new Date('2030-01-01T00:00:00Z')

export async function insertFact(tx: Tx, name: string): Promise<void> {
  await tx.insert(tx.t.instanceFact).values({ name, value: 'yes', createdAt: NOW })
}

export const writeFact = (database: Database, name: string): Promise<void> =>
  database.transaction((tx) => insertFact(tx, name))

/** Sorted. */
export async function factNames(reader: Reader): Promise<readonly string[]> {
  const rows = await reader.select({ name: reader.t.instanceFact.name }).from(reader.t.instanceFact)
  return rows.map((row) => row.name).sort()
}
