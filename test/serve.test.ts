import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { emptyFolder, FROM_SOURCES, runAuthy2, startAuthy2 } from './support/authy2.ts'

const FAILING = join(import.meta.dir, 'support/failing-server.ts')

test.each(['exception', 'rejection'])(
  'a server with an uncaught %s says so in its log and ends with status 1',
  async (kind) => {
    await using place = emptyFolder()
    const program = [process.execPath, FAILING, kind, place.folder]
    const { code, output } = await runAuthy2([], { program, folder: place.folder })
    expect(code).toBe(1)
    const last = JSON.parse(output.trimEnd().split('\n').at(-1) ?? '')
    expect(last).toMatchObject({ level: 50, msg: 'process.failed', err: { message: 'broken on purpose' } })
  },
)

test('in development it says where everything is, and that nobody has registered yet', async () => {
  await using place = emptyFolder()
  await using server = await startAuthy2({
    program: FROM_SOURCES,
    folder: place.folder,
    env: { LOG_FORMAT: 'pretty' },
  })
  const shown = () => server.log()
  while (!shown().includes('NODE_ENV=production')) await Bun.sleep(10)
  expect(shown()).toContain(`http://localhost:${server.port}/openapi`)
  expect(shown()).toContain('Nobody has registered yet')
})

test('--demo has people in it from the start', async () => {
  await using place = emptyFolder()
  const options = {
    program: FROM_SOURCES,
    folder: place.folder,
    env: { PASSWORD_HASH: 'bcrypt', BCRYPT_LOG_ROUNDS: '4' },
  }
  await using server = await startAuthy2(options, ['serve', '--demo'])
  const body = { email: 'bob@acme-corp.com', password: 'UserPass123!' }
  expect((await server.call('POST', '/auth/login', { body })).status).toBe(200)
  expect(server.errors()).toContain('Users added: 12')
})

test('every line of a JSON log is JSON', async () => {
  await using place = emptyFolder()
  const env = { OIDC_ISUER_URL: 'https://id.example.com' }
  await using server = await startAuthy2({ program: FROM_SOURCES, folder: place.folder, env })
  server.signal('SIGTERM')
  expect(await server.exited).toBe(0)
  const lines = server
    .log()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  const events = lines.map(({ msg }) => msg)
  expect(lines.filter(({ msg }) => msg === 'config.unknown_variable')).toEqual([
    expect.objectContaining({ level: 40, variable: 'OIDC_ISUER_URL', nearest: 'OIDC_ISSUER_URL' }),
  ])
  expect(events).toContain('server.without_users')
  expect(events.slice(-3)).toEqual(['server.stopping', 'server.draining', 'server.stopped'])
})
