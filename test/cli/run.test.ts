import { describe, expect, test } from 'bun:test'
import { CommandError, type WholeProgramCommands } from '../../src/cli/index.ts'
import type { Config, Stranger } from '../../src/config/index.ts'
import { VERSION } from '../../src/kernel/index.ts'
import { commandLine } from './command.ts'

const COMMANDS = [
  'serve',
  'migrate',
  'seed',
  'doctor',
  'config check',
  'admin create',
  'admin promote',
  'admin reset-password',
  'admin reset-mfa',
  'keys rotate signing',
  'openapi',
  'health',
]

test('--version prints the version alone', async () => {
  await using authy2 = commandLine()
  expect(await authy2.run(['--version'])).toEqual({ status: 0, output: VERSION, notes: '' })
})

test('--help names every command', async () => {
  await using authy2 = commandLine()
  const { status, output } = await authy2.run(['--help'])
  expect(status).toBe(0)
  for (const command of COMMANDS) expect(output).toContain(command.split(' ')[0] ?? '')
})

test.each(COMMANDS)('%s --help explains it with examples', async (command) => {
  await using authy2 = commandLine()
  const { status, output, notes } = await authy2.run([...command.split(' '), '--help'])
  expect({ status, notes }).toEqual({ status: 0, notes: '' })
  expect(output).toContain(`Usage: authy2 ${command}`)
  expect(output).toContain(`Examples:\n  authy2 ${command}`)
  expect(output).toContain('--config')
})

test.each(['config', 'admin', 'keys', 'keys rotate'])('%s --help has examples, too', async (group) => {
  await using authy2 = commandLine()
  const { status, output } = await authy2.run([...group.split(' '), '--help'])
  expect(status).toBe(0)
  expect(output).toContain(`Examples:\n  authy2 ${group} `)
})

describe('what is not understood ends with status 2 and a hint', () => {
  test.each([
    [['sevre'], 'Did you mean serve?', 'authy2 --help'],
    [['serve', '--prot', '80'], 'Did you mean --port?', 'authy2 serve --help'],
    [['--demmo'], 'Did you mean --demo?', 'authy2 serve --help'],
    [['config', 'chek'], 'Did you mean check?', 'authy2 config --help'],
    [['admin', 'create'], "missing required argument 'email'", 'authy2 admin create --help'],
    [['serve', '--port'], 'argument missing', 'authy2 serve --help'],
    [['migrate', 'down'], 'Allowed choices are up, status', 'authy2 migrate --help'],
    [['seed', 'everything'], 'too many arguments', 'authy2 seed --help'],
  ])('%p', async (words, hint, help) => {
    await using authy2 = commandLine()
    const { status, output, notes } = await authy2.run(words)
    expect({ status, output }).toEqual({ status: 2, output: '' })
    expect(notes).toStartWith('authy2: ')
    expect(notes).toContain(hint)
    expect(notes).toContain(`See: ${help}`)
  })

  test('a group without a command explains its commands', async () => {
    await using authy2 = commandLine()
    const { status, notes } = await authy2.run(['admin'])
    expect(status).toBe(2)
    expect(notes).toContain('reset-password')
  })
})

describe('serve', () => {
  function recording() {
    const served: { config: Config; demo: boolean; strangers: readonly Stranger[] }[] = []
    const serve: WholeProgramCommands['serve'] = async (_context, config, options) => {
      served.push({ config, ...options })
      return undefined
    }
    return { served, whole: { serve } }
  }

  test.each([[[]], [['--port', '8080']], [['serve', '--port', '8080']]])(
    'is what %p means',
    async (words) => {
      await using authy2 = commandLine({ PORT: '8080' })
      const { served, whole } = recording()
      expect((await authy2.run(words, { whole })).status).toBe(0)
      expect(served).toMatchObject([{ demo: false, config: { port: 8080 } }])
    },
  )

  test('takes port and host from the command line before the environment', async () => {
    await using authy2 = commandLine({ PORT: '1', HOST: '10.0.0.1' })
    const { served, whole } = recording()
    await authy2.run(['--port', '8080', '--host', '::1', '--demo'], { whole })
    expect(served).toMatchObject([{ demo: true, config: { port: 8080, host: '::1' } }])
  })

  test('reads --config', async () => {
    await using authy2 = commandLine()
    const file = `${authy2.folder}/authy2.env`
    await Bun.write(file, 'PORT=8081\n')
    const { served, whole } = recording()
    await authy2.run(['serve', '--config', file], { whole })
    expect(served).toMatchObject([{ config: { port: 8081 } }])
  })

  test('does not begin with a wrong configuration, and names all that is wrong', async () => {
    await using authy2 = commandLine({ PORT: 'eighty', LOG_LEVEL: 'loud' })
    const { served, whole } = recording()
    const { status, notes } = await authy2.run([], { whole })
    expect(status).toBe(1)
    expect(notes).toContain('PORT')
    expect(notes).toContain('LOG_LEVEL')
    expect(served).toEqual([])
  })

  test('that fails says why, without a stack, and ends with status 1', async () => {
    await using authy2 = commandLine()
    const serve = () => Promise.reject(new CommandError('The sky is falling. Take an umbrella.'))
    expect(await authy2.run([], { whole: { serve } })).toEqual({
      status: 1,
      output: '',
      notes: 'authy2: The sky is falling. Take an umbrella.',
    })
  })
})

test('a server is told of what looks like a variable and is none', async () => {
  const served: (readonly Stranger[])[] = []
  const whole = {
    serve: async (_context: unknown, _config: unknown, { strangers }: { strangers: readonly Stranger[] }) => {
      served.push(strangers)
      return undefined
    },
  }
  await using slip = commandLine({ RATELIMIT_OIDCTOKEN: '1/1m' })
  await slip.run(['serve'], { whole })
  await using sound = commandLine({ RATELIMIT_OIDC_TOKEN: '1/1m' })
  await sound.run(['serve'], { whole })
  expect(served).toEqual([
    [{ variable: 'RATELIMIT_OIDCTOKEN', source: 'environment', nearest: 'RATELIMIT_OIDC_TOKEN' }],
    [],
  ])
})

describe('config check', () => {
  test('prints every variable and where it came from, and no secret', async () => {
    await using authy2 = commandLine({ METRICS_TOKEN: 'hush-hush-hush-hush' })
    const { status, output, notes } = await authy2.run(['config', 'check'])
    expect(status).toBe(0)
    expect(output).toContain('DATABASE_POOL_SIZE')
    expect(output).toMatch(/BCRYPT_LOG_ROUNDS +4 +\[environment\]/)
    expect(output + notes).not.toContain('hush')
    expect(output + notes).not.toContain(authy2.settings.SECRET_KEY)
  })

  test('warns of what looks like a variable and is none, and passes', async () => {
    await using authy2 = commandLine({ OIDC_ISUER_URL: 'https://id.example.com', SMTP_SERVER: 'mail' })
    const { status, notes } = await authy2.run(['config', 'check'])
    expect(status).toBe(0)
    expect(notes.split('\n')).toEqual([
      'Warning: OIDC_ISUER_URL is no variable of Authy2 and does nothing (environment). Is it OIDC_ISSUER_URL?',
      expect.stringMatching(
        /^Warning: SMTP_SERVER is no variable of Authy2 and does nothing \(environment\)\./,
      ),
      'The configuration is valid.',
    ])
    expect(notes).not.toContain('https://id.example.com')
  })

  test('ends with status 1 and all problems of a production without secrets', async () => {
    await using authy2 = commandLine({ NODE_ENV: 'production', SECRET_KEY: 'short', ENCRYPTION_KEY: '' })
    const { status, output, notes } = await authy2.run(['config', 'check'])
    expect({ status, output }).toEqual({ status: 1, output: '' })
    for (const name of ['SECRET_KEY', 'ENCRYPTION_KEY', 'PUBLIC_URL', 'BCRYPT_LOG_ROUNDS']) {
      expect(notes).toContain(name)
    }
    expect(notes).not.toContain('short')
  })
})
