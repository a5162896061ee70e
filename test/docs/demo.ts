/** A demo server for each page: what one page does is nothing that another one sees. */
import { Database } from 'bun:sqlite'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { freePort } from '../support/servers.ts'
import { ROOT } from './pages.ts'

const MAIN = join(ROOT, 'src/main.ts')
const START_MILLISECONDS = 30_000
const MAIL_MILLISECONDS = 10_000

export interface DemoServer extends AsyncDisposable {
  readonly port: number
  /** What a command on the same installation needs in its environment. */
  readonly env: Readonly<Record<string, string>>
  /** Resolves once every mail has arrived: nobody reads a mail in the millisecond after it was sent. */
  mailsDelivered(): Promise<void>
}

/** A data folder with the sample data in it, made once: hashing its passwords takes longer than all the rest. */
export async function createDemoData(): Promise<{ folder: string } & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), 'authy2-demo-'))
  await run(['seed'], environment(folder))
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) }
}

/** `authy2 serve --demo` on a copy of that data. */
export async function startDemo(data: { folder: string }): Promise<DemoServer> {
  const folder = await mkdtemp(join(tmpdir(), 'authy2-demo-'))
  await cp(data.folder, folder, { recursive: true })
  const port = freePort()
  const env = { ...environment(folder), PORT: String(port) }
  const server = Bun.spawn([process.execPath, MAIN, 'serve', '--demo'], {
    cwd: folder,
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const stop = async () => {
    server.kill()
    await server.exited
    await rm(folder, { recursive: true, force: true })
  }
  try {
    await until(
      () =>
        fetch(`http://127.0.0.1:${port}/api/health/ready`).then(
          ({ ok }) => ok,
          () => false,
        ),
      START_MILLISECONDS,
    )
  } catch (error) {
    await stop()
    throw error
  }
  return {
    port,
    env,
    mailsDelivered: () => until(async () => pendingMails(folder) === 0, MAIL_MILLISECONDS),
    [Symbol.asyncDispose]: stop,
  }
}

/** Nothing of the tester's own settings: a page is written for whoever has just cloned the project. */
const environment = (folder: string) => ({
  PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
  HOME: folder,
  DATA_DIR: join(folder, 'data'),
  LOG_LEVEL: 'error',
})

function pendingMails(folder: string): number {
  using file = new Database(join(folder, 'data/authy2.db'), { readonly: true })
  const row = file
    .query<{ pending: number }, []>("select count(*) as pending from outbox_messages where status = 'pending'")
    .get()
  return row?.pending ?? 0
}

async function run(words: readonly string[], env: Record<string, string>): Promise<void> {
  const program = Bun.spawn([process.execPath, MAIN, ...words], {
    cwd: env.HOME ?? ROOT,
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const complaint = await program.stderr.text()
  if ((await program.exited) !== 0) throw new Error(`authy2 ${words.join(' ')} failed: ${complaint}`)
}

export async function until(
  condition: () => Promise<boolean>,
  milliseconds: number,
): Promise<void> {
  const signal = AbortSignal.timeout(milliseconds)
  while (!(await condition())) {
    signal.throwIfAborted()
    await Bun.sleep(20)
  }
}
