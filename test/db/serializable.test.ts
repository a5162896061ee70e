import { describe, expect, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import type { Tx } from '../../src/db/index.ts'
import { testDialects } from '../support/databases.ts'
import { insertFact, writeFact } from './facts.ts'

const postgres = testDialects.filter(({ name }) => name === 'postgres')

const isTaken = async (tx: Tx, name: string): Promise<boolean> => {
  const { instanceFact } = tx.t
  const rows = await tx.select().from(instanceFact).where(eq(instanceFact.name, name))
  return rows.length > 0
}

/** On SQLite nobody else can write while a transaction runs. */
describe.each(postgres)('a serializable transaction on $name', (dialect) => {
  // The other one need not be serializable, and then the failure is of the unique index and not of the isolation.
  test('that looked before it took a unique value runs again when somebody took it in between', async () => {
    await using opened = await dialect.open()
    const { database } = opened
    let attempts = 0
    const outcome = await database.transaction(
      async (tx) => {
        attempts++
        if (await isTaken(tx, 'wanted')) return 'taken'
        await writeFact(database, 'wanted')
        await insertFact(tx, 'wanted')
        return 'mine'
      },
      { isSerializable: true },
    )
    expect({ outcome, attempts }).toEqual({ outcome: 'taken', attempts: 2 })
  })

  test('that breaks a unique index whatever it looked at fails in the end', async () => {
    await using opened = await dialect.open()
    const { database } = opened
    await writeFact(database, 'taken')
    const result = database.transaction((tx) => insertFact(tx, 'taken'), { isSerializable: true })
    await expect(result).rejects.toMatchObject({ name: 'StorageError', code: '23505' })
  })
})
