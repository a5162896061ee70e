import { migrate, migrationStatus, openDatabase } from '../db/index.ts'
import { systemClock, systemRandom } from '../kernel/index.ts'
import { type CommandContext, type ConfigOptions, readConfigAlone } from './context.ts'

/** `up` applies what is pending; `status` answers 1 while something is. */
export async function migrateCommand(
  context: CommandContext,
  action: 'up' | 'status',
  options: ConfigOptions,
): Promise<number> {
  const { terminal } = context
  const config = readConfigAlone(context, options)
  const database = openDatabase(config.database, systemRandom)
  try {
    if (action === 'up') {
      const applied = await migrate(database, systemClock.now())
      for (const name of applied) terminal.print(`applied ${name}`)
      if (applied.length === 0) terminal.print('The database is up to date.')
      return 0
    }
    const { applied, pending } = await migrationStatus(database)
    for (const name of applied) terminal.print(`applied  ${name}`)
    for (const name of pending) terminal.print(`pending  ${name}`)
    if (pending.length > 0) terminal.note('Run: authy2 migrate up')
    return pending.length > 0 ? 1 : 0
  } finally {
    await database.close()
  }
}
