import type { Config } from '../config/index.ts'
import { CommandError } from './command-error.ts'
import { type CommandContext, type ConfigOptions, readConfig } from './context.ts'
import { SAMPLE_CLIENTS, SAMPLE_ORGANIZATIONS, SAMPLE_USERS } from './sample-data.ts'
import { ensureClient, ensureOrganization, ensureUser, missingUsers } from './sample-writes.ts'
import { openWorkspace } from './workspace.ts'

/** Loads the sample data. Throws a CommandError for a production database unless forced. */
export async function seedCommand(
  context: CommandContext,
  options: ConfigOptions & { readonly force?: boolean },
): Promise<undefined> {
  const config = readConfig(context, options)
  if (config.environment === 'production' && !options.force) {
    throw new CommandError(
      'This is a production configuration, and the sample users have published passwords. If that is what you want: authy2 seed --force',
    )
  }
  await seed(context, config)
}

/**
 * Adds what is missing of the sample data, all of it or nothing; what is there already stays as it is, also
 * where somebody has changed it.
 */
export async function seed({ terminal }: CommandContext, config: Config): Promise<void> {
  await using workspace = await openWorkspace(config)
  const missing = await workspace.read(missingUsers)
  if (missing.length > 0) terminal.note(`Passwords to hash: ${missing.length}`)
  const hashes = new Map(
    await Promise.all(
      missing.map(async ({ email, password }) => [email, await workspace.hasher.hash(password)] as const),
    ),
  )
  const added = await workspace.write(async (ctx) => {
    let users = 0
    for (const user of SAMPLE_USERS) {
      const hash = hashes.get(user.email)
      if (hash !== undefined && (await ensureUser(ctx, user, hash))) users++
    }
    const names: string[] = []
    for (const organization of SAMPLE_ORGANIZATIONS) {
      if (await ensureOrganization(ctx, organization)) names.push(organization.slug)
    }
    const clients: string[] = []
    for (const client of SAMPLE_CLIENTS) if (await ensureClient(ctx, client)) clients.push(client.id)
    return { users, names, clients }
  })
  if (added.users > 0) terminal.note(`Users added: ${added.users}`)
  if (added.names.length > 0) terminal.note(`Organizations completed: ${added.names.join(', ')}`)
  if (added.clients.length > 0) terminal.note(`Applications added: ${added.clients.join(', ')}`)
  if (added.users + added.names.length + added.clients.length === 0)
    terminal.note('The sample data is there already.')
  terminal.print(
    'Sign in as bob@acme-corp.com / UserPass123! or, for the instance, superadmin@acme-corp.com / SuperAdmin123!',
  )
}
