import { expect, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { emptyFolder, startAuthy2 } from '../support/authy2.ts'
import { parsePage, ROOT } from './pages.ts'

const TIMEOUT_MS = 60_000
const isRepository = existsSync(join(ROOT, '.git')) && Bun.which('git') !== null

test.skipIf(!isRepository)(
  'a fresh clone serves the sample data by the first command of its README',
  async () => {
    await using place = emptyFolder()
    const clone = join(place.folder, 'authy2')
    await run(place.folder, ['git', 'clone', '--quiet', '--no-hardlinks', ROOT, clone])
    await lendDependencies(clone)

    const { blocks } = parsePage('README.md', await Bun.file(join(clone, 'README.md')).text())
    const [script = '', ...words] = blocks[0]?.code.split('\n')[0]?.split(' ') ?? []
    expect([script, ...words]).toEqual(['scripts/serve', '--demo'])
    await using server = await startAuthy2(
      {
        program: [join(clone, script)],
        folder: place.folder,
        env: { PATH: `${dirname(process.execPath)}:${process.env.PATH}` },
      },
      words,
    )

    const credentials = { email: 'bob@acme-corp.com', password: 'UserPass123!' }
    const { body } = await server.call('POST', '/auth/login', { body: credentials })
    const me = await server.call('GET', '/auth/me', { token: body.data.token })
    expect(me.body.data.organizations).toMatchObject([{ slug: 'acme-corp', role: 'member' }])
    // Nothing was fetched, and nothing lies around that somebody would commit.
    expect(server.errors()).toStartWith('authy2: starting the server\n')
    expect(await readdir(join(clone, 'data'))).toContain('authy2.db')
    expect(await run(clone, ['git', 'status', '--porcelain'])).toBe('')
  },
  TIMEOUT_MS,
)

/** As after the launcher has installed them; what it does without them is tested with the launchers. */
async function lendDependencies(clone: string): Promise<void> {
  const own = join(ROOT, 'node_modules')
  const lent = join(clone, 'node_modules')
  await mkdir(lent)
  for (const name of await readdir(own)) {
    if (!name.startsWith('.installed')) await symlink(join(own, name), join(lent, name))
  }
  await writeFile(join(lent, '.installed-lockfile'), await run(clone, ['sh', '-c', 'cksum <bun.lock']))
}

async function run(cwd: string, command: readonly string[]): Promise<string> {
  const program = Bun.spawn([...command], { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  const [output, complaint] = await Promise.all([program.stdout.text(), program.stderr.text()])
  if ((await program.exited) !== 0) throw new Error(`${command.join(' ')} failed: ${complaint}`)
  return output
}
