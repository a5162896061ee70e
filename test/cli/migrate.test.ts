import { Database as SqliteFile } from 'bun:sqlite'
import { describe, expect, test } from 'bun:test'
import { SQL } from 'bun'
import { testDialects } from '../support/databases.ts'
import { createEmptyPostgres } from '../support/postgres-databases.ts'
import { commandLine } from './command.ts'

/** A database without any table. */
async function emptyDatabase(dialect: string) {
  if (dialect === 'postgres') return createEmptyPostgres()
  return { url: '', [Symbol.asyncDispose]: async () => {} } // the default: a file in the data folder
}

/** As a later version would leave it. */
async function addUnknownMigration(url: string, folder: string): Promise<void> {
  const statement = `insert into migrations values ('9999_later', 'x', ${url ? 'now()' : '0'})`
  if (url) {
    const sql = new SQL({ url, max: 1 })
    await sql.unsafe(statement)
    await sql.close()
    return
  }
  using file = new SqliteFile(`${folder}/authy2.db`)
  file.run(statement)
}

describe.each(testDialects)('migrate on $name', ({ name }) => {
  test('applies what is pending, and then there is nothing to do', async () => {
    await using database = await emptyDatabase(name)
    await using authy2 = commandLine({ DATABASE_URL: database.url })

    const before = await authy2.run(['migrate', 'status'])
    expect(before.status).toBe(1)
    expect(before.output).toMatch(/^pending {2}0000_/)
    expect(before.notes).toContain('authy2 migrate up')

    const up = await authy2.run(['migrate'])
    expect(up.status).toBe(0)
    expect(up.output).toMatch(/^applied 0000_/)

    const after = await authy2.run(['migrate', 'status'])
    expect(after.status).toBe(0)
    expect(after.output).not.toContain('pending')
    expect((await authy2.run(['migrate', 'up'])).output).toBe('The database is up to date.')
  })

  test('leaves a newer database alone, and says what to do', async () => {
    await using database = await emptyDatabase(name)
    await using authy2 = commandLine({ DATABASE_URL: database.url })
    await authy2.run(['migrate'])
    await addUnknownMigration(database.url, authy2.folder)
    for (const words of [['migrate'], ['migrate', 'status'], ['seed']]) {
      const { status, notes } = await authy2.run(words)
      expect(status).toBe(1)
      expect(notes).toContain('9999_later')
      expect(notes).toContain('Install that version or restore a backup')
    }
  })

  test('is asked for where AUTO_MIGRATE is off', async () => {
    await using database = await emptyDatabase(name)
    await using authy2 = commandLine({ DATABASE_URL: database.url, AUTO_MIGRATE: 'false' })
    const refused = await authy2.run(['seed'])
    expect(refused.status).toBe(1)
    expect(refused.notes).toContain('authy2 migrate up')
    await authy2.run(['migrate', 'up'])
    expect((await authy2.run(['seed'])).status).toBe(0)
  })
})

test('a database that cannot be opened is told in a few lines', async () => {
  await using authy2 = commandLine({ DATABASE_URL: 'sqlite:/proc/nowhere/authy2.db' })
  const { status, notes } = await authy2.run(['migrate'])
  expect(status).toBe(1)
  expect(notes).toContain('/proc/nowhere/authy2.db')
  expect(notes).toContain('DATA_DIR')
  expect(notes).not.toContain('    at ')
})

test('a PostgreSQL that does not answer is told without its password', async () => {
  await using authy2 = commandLine({ DATABASE_URL: 'postgres://authy2:hush-hush@127.0.0.1:1/authy2' })
  const { status, notes } = await authy2.run(['migrate'])
  expect(status).toBe(1)
  expect(notes).toContain('DATABASE_URL')
  expect(notes).not.toContain('hush-hush')
})
