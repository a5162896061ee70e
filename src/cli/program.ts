import { Argument, Command, Option } from 'commander'
import type { Config, Stranger } from '../config/index.ts'
import { VERSION } from '../kernel/index.ts'
import type { SigningAlgorithm } from '../protocol/oauth/index.ts'
import type { CommandContext, ConfigOptions, ServeOptions } from './context.ts'

/** Exit status; none is success. */
export type Outcome = Promise<number | undefined>

/** The commands that are made of the whole program, and so come from above. */
export interface WholeProgramCommands {
  serve(
    context: CommandContext,
    config: Config,
    options: { readonly demo: boolean; readonly strangers: readonly Stranger[] },
  ): Outcome
  openapi(context: CommandContext, config: Config): Outcome
}

interface Making {
  readonly context: CommandContext
  readonly whole: WholeProgramCommands
  /** Makes the action of a command out of what it does. */
  run<Input extends unknown[]>(command: (...input: Input) => Outcome): (...input: Input) => Promise<void>
}

/**
 * The command line: names, options, help. What a command does is loaded when it is chosen, so that the server
 * starts without any of the others. `finish` is told how the chosen command ended.
 */
export function createProgram(
  context: CommandContext,
  whole: WholeProgramCommands,
  finish: (status: number) => void,
): Command {
  const program = new Command('authy2')
    .description('One self-hosted program that answers who is this, and what may they reach now.')
    .version(VERSION, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'explain a command')
    .helpCommand('help [command]', 'explain a command')
    .addHelpText('after', '\nWithout a command, and with options only, authy2 means: authy2 serve')
  const making: Making = {
    context,
    whole,
    run:
      (command) =>
      async (...input) =>
        finish((await command(...input)) ?? 0),
  }
  addWholeProgramCommands(program, making)
  addDatabaseCommands(program, making)
  addExaminations(program, making)
  addPeopleCommands(program, making)
  addKeyCommands(program, making)
  return program
}

function addWholeProgramCommands(program: Command, { context, whole, run }: Making): void {
  addCommand(program, 'serve', 'start the server (what authy2 does without a command)', [
    'authy2 serve',
    'authy2 serve --port 8080 --host 0.0.0.0',
    'authy2 serve --demo             # with sample data, to look around',
    'authy2 serve --config /etc/authy2.env',
  ])
    .option('--port <number>', 'listen on this port (PORT)')
    .option('--host <address>', 'listen on this address (HOST)')
    .option('--demo', 'load the sample data first; in development only')
    .action(
      run(async (options: ServeOptions) => {
        const { readServerConfig } = await import('./context.ts')
        const { config, strangers } = readServerConfig(context, options)
        return whole.serve(context, config, { demo: options.demo === true, strangers })
      }),
    )

  addCommand(program, 'openapi', 'print the OpenAPI 3.1 description of the API as JSON', [
    'authy2 openapi > openapi.json   # needs neither a server nor its database',
  ]).action(
    run(async (options: ConfigOptions) => {
      const { readConfigAlone } = await import('./context.ts')
      return whole.openapi(context, readConfigAlone(context, options))
    }),
  )
}

function addDatabaseCommands(program: Command, { context, run }: Making): void {
  addCommand(program, 'migrate', 'bring the database up to date, or show whether it is', [
    'authy2 migrate',
    'authy2 migrate status           # exit status 1 when something is to be done',
  ])
    .addArgument(new Argument('[action]', 'what to do').choices(['up', 'status']).default('up'))
    .action(
      run(async (action: 'up' | 'status', options: ConfigOptions) =>
        (await import('./migrate.ts')).migrateCommand(context, action, options),
      ),
    )

  addCommand(program, 'seed', 'load the sample organizations and users', [
    'authy2 seed                     # may be repeated: adds what is missing',
    'authy2 seed --force             # also into a production database',
  ])
    .option('--force', 'even where NODE_ENV is production')
    .action(
      run(async (options: ConfigOptions & { force?: boolean }) =>
        (await import('./seed.ts')).seedCommand(context, options),
      ),
    )
}

function addExaminations(program: Command, { context, run }: Making): void {
  addCommand(program, 'doctor', 'look for what is wrong with this installation, and say how to mend it', [
    'authy2 doctor                   # exit status 1 when something is broken',
  ]).action(
    run(async (options: ConfigOptions) => (await import('./doctor/run.ts')).doctorCommand(context, options)),
  )

  const config = addGroup(program, 'config', 'look at the configuration', ['authy2 config check'])
  addCommand(config, 'check', 'print the effective configuration without secrets, or all its problems', [
    'authy2 config check --config /etc/authy2.env',
  ]).action(
    run(async (options: ConfigOptions) => (await import('./config.ts')).checkConfig(context, options)),
  )

  addCommand(program, 'health', 'ask the server on this machine whether it is up', [
    'authy2 health                   # exit status 1 when it is not',
  ])
    .option('--port <number>', 'the port that it listens on (PORT)')
    .action(
      run(async (options: ServeOptions) => (await import('./health.ts')).healthCommand(context, options)),
    )
}

function addPeopleCommands(program: Command, { context, run }: Making): void {
  const admin = addGroup(program, 'admin', 'manage people from the terminal', [
    'authy2 admin create ada@example.com',
    'authy2 admin reset-mfa ada@example.com',
  ])
  const addPersonCommand = (name: string, summary: string, examples: readonly string[]) =>
    addCommand(admin, name, summary, examples).argument('<email>', 'the e-mail address of the person')

  addPersonCommand('create', 'add an instance administrator', [
    'authy2 admin create ada@example.com',
    'pass show authy2 | authy2 admin create ada@example.com --password-stdin',
  ])
    .option('--name <name>', 'the full name')
    .option('--password-stdin', 'read the password from standard input')
    .action(
      run(async (email: string, options: ConfigOptions & { name?: string; passwordStdin?: boolean }) =>
        (await import('./admin.ts')).createAdmin(context, email, options),
      ),
    )

  addPersonCommand('promote', 'make a user an instance administrator', [
    'authy2 admin promote ada@example.com',
  ]).action(
    run(async (email: string, options: ConfigOptions) =>
      (await import('./admin.ts')).promoteUser(context, email, options),
    ),
  )

  addPersonCommand('reset-password', 'set a new password, and sign the user out everywhere', [
    'authy2 admin reset-password ada@example.com',
  ])
    .option('--password-stdin', 'read the password from standard input')
    .action(
      run(async (email: string, options: ConfigOptions & { passwordStdin?: boolean }) =>
        (await import('./admin.ts')).resetPassword(context, email, options),
      ),
    )

  addPersonCommand('reset-mfa', 'remove all second factors of a user, and sign them out everywhere', [
    'authy2 admin reset-mfa ada@example.com',
  ]).action(
    run(async (email: string, options: ConfigOptions) =>
      (await import('./admin.ts')).resetMfa(context, email, options),
    ),
  )
}

function addKeyCommands(program: Command, { context, run }: Making): void {
  const keys = addGroup(program, 'keys', 'look after the keys of this installation', [
    'authy2 keys rotate signing',
  ])
  const rotate = addGroup(keys, 'rotate', 'replace keys', [
    'authy2 keys rotate signing',
    'authy2 keys rotate signing --algorithm ES256',
  ])
  addCommand(rotate, 'signing', 'publish the keys that sign tokens next; they take over a day later', [
    'authy2 keys rotate signing',
    'authy2 keys rotate signing --algorithm ES256',
    'authy2 keys rotate signing --compromised   # in seconds: tokens under the old keys end',
  ])
    .addOption(new Option('--algorithm <name>', 'this one alone').choices(Object.keys(ALGORITHMS)))
    .option('--compromised', 'stop trusting the old keys, in seconds')
    .action(
      run(async (options: ConfigOptions & { algorithm?: SigningAlgorithm; compromised?: boolean }) =>
        (await import('./keys.ts')).rotateSigningKeys(context, options),
      ),
    )
}

/** Every algorithm by name: the list itself would load what signs at every start. */
const ALGORITHMS: Readonly<Record<SigningAlgorithm, true>> = { ES256: true, RS256: true, EdDSA: true }

const addGroup = (parent: Command, name: string, summary: string, examples: readonly string[]): Command =>
  parent.command(name).description(summary).addHelpText('after', examplesText(examples))

const addCommand = (parent: Command, name: string, summary: string, examples: readonly string[]): Command =>
  parent
    .command(name)
    .summary(summary)
    .description(summary)
    .option('--config <file>', 'read variables from this file, too (NAME=value lines, or JSON)')
    .addHelpText('after', examplesText(examples))

const examplesText = (examples: readonly string[]): string =>
  `\nExamples:\n${examples.map((example) => `  ${example}`).join('\n')}`
