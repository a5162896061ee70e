/**
 * `bun run generate [name]`: writes the next migration of each dialect from the tables in `src/db/tables`,
 * and the module that embeds all of them in the binary. `--check` writes nothing and fails when there is
 * something to write.
 */
import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import {
  generateDrizzleJson,
  generateMigration,
  generateSQLiteDrizzleJson,
  generateSQLiteMigration,
} from 'drizzle-kit/api'
import { postgresColumns } from '../src/db/columns.postgres.ts'
import { sqliteColumns } from '../src/db/columns.sqlite.ts'
import { defineTables } from '../src/db/tables/index.ts'

const ROOT = join(import.meta.dir, '..')
const EMBEDDED = join(ROOT, 'src/db/migrations.generated.ts')
const BREAKPOINT = '--> statement-breakpoint\n'

type Snapshot = { id: string; prevId: string }
const DIALECTS = {
  postgres: {
    snapshot: async (tables: Record<string, unknown>, previousId?: string) =>
      generateDrizzleJson(tables, previousId) as Snapshot,
    statements: (from: Snapshot, to: Snapshot) =>
      generateMigration(from as never, to as never) as Promise<string[]>,
    tables: () => defineTables(postgresColumns),
  },
  sqlite: {
    snapshot: async (tables: Record<string, unknown>, previousId?: string) =>
      (await generateSQLiteDrizzleJson(tables, previousId)) as Snapshot,
    statements: (from: Snapshot, to: Snapshot) =>
      generateSQLiteMigration(from as never, to as never) as Promise<string[]>,
    tables: () => defineTables(sqliteColumns),
  },
}
type Dialect = keyof typeof DIALECTS

const check = process.argv.includes('--check')
const name = process.argv.slice(2).find((argument) => !argument.startsWith('-')) ?? 'schema'
let stale = false

for (const dialect of Object.keys(DIALECTS) as Dialect[]) {
  const statements = await nextMigration(dialect)
  if (statements.length === 0) continue
  stale = true
  console.log(`${dialect}: ${statements.length} new statement(s)${check ? ' not yet generated' : ''}`)
}
const embedded = await renderEmbedded()
if (embedded !== (await readIfThere(EMBEDDED))) {
  stale = true
  if (!check) await Bun.write(EMBEDDED, embedded)
}
if (check && stale) {
  console.error('The migrations are not those of src/db/tables. Run: bun run generate <name>')
  process.exit(1)
}
process.exit(0)

async function nextMigration(dialect: Dialect): Promise<string[]> {
  const folder = join(ROOT, 'drizzle', dialect)
  await mkdir(join(folder, 'meta'), { recursive: true })
  const snapshots = (await readdir(join(folder, 'meta'))).sort()
  const last = snapshots.at(-1)
  const { snapshot, statements, tables } = DIALECTS[dialect]
  const previous: Snapshot = last ? await Bun.file(join(folder, 'meta', last)).json() : await snapshot({})
  const current = await snapshot(tables(), previous.id)
  const sql = await statements(previous, current)
  if (sql.length > 0 && !check) {
    const number = String(snapshots.length).padStart(4, '0')
    await Bun.write(join(folder, `${number}_${name}.sql`), `${sql.join(`\n${BREAKPOINT}`)}\n`)
    await Bun.write(join(folder, 'meta', `${number}_snapshot.json`), `${JSON.stringify(current, null, 2)}\n`)
  }
  return sql
}

async function renderEmbedded(): Promise<string> {
  const imports: string[] = []
  const lists: string[] = []
  for (const dialect of Object.keys(DIALECTS) as Dialect[]) {
    const files = (await readdir(join(ROOT, 'drizzle', dialect))).filter((f) => f.endsWith('.sql')).sort()
    const entries = files.map((file, position) => {
      const variable = `${dialect}${position}`
      imports.push(`import ${variable} from '../../drizzle/${dialect}/${file}' with { type: 'text' }`)
      return `  { name: '${file.replace(/\.sql$/, '')}', sql: ${variable} },`
    })
    lists.push(`export const ${dialect}Migrations: readonly Migration[] = [\n${entries.join('\n')}\n]`)
  }
  const header =
    '// Made by `bun run generate`; do not edit.\n// biome-ignore-all format: kept as the script writes it\n'
  const typeImport = "import type { Migration } from './migrate.ts'\n"
  return `${header}${imports.join('\n')}\n${typeImport}\n${lists.join('\n\n')}\n`
}

async function readIfThere(path: string): Promise<string | undefined> {
  const file = Bun.file(path)
  return (await file.exists()) ? file.text() : undefined
}
