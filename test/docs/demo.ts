/** A demo server for each page: what one page does is nothing that another one sees. */
import { Database } from 'bun:sqlite'
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { emptyFolder, FROM_SOURCES, type Place, runAuthy2, startAuthy2 } from '../support/authy2.ts'

const MAIL_MILLISECONDS = 10_000

export interface DemoServer extends AsyncDisposable {
  readonly port: number
  /** Where a command finds the same installation. */
  readonly env: Readonly<Record<string, string>>
  /** Resolves once every mail has arrived: nobody reads a mail in the millisecond after it was sent. */
  mailsDelivered(): Promise<void>
}

/** A data folder with the sample data in it, made once: hashing its passwords takes longer than all the rest. */
export async function createDemoData(): Promise<Place> {
  const place = emptyFolder()
  const { code, errors } = await runAuthy2(['seed'], { program: FROM_SOURCES, folder: place.folder })
  if (code !== 0) throw new Error(`The sample data was not made: ${errors}`)
  return place
}

/** `authy2 serve --demo` on a copy of that data. */
export async function startDemo(
  data: Place,
  env: Readonly<Record<string, string>> = {},
): Promise<DemoServer> {
  const place = emptyFolder()
  await cp(data.folder, place.folder, { recursive: true })
  const folder = join(place.folder, 'data')
  const server = await startAuthy2({ program: FROM_SOURCES, folder: place.folder, env }, ['serve', '--demo'])
  return {
    port: server.port,
    env: {
      PATH: process.env.PATH ?? '',
      HOME: place.folder,
      PORT: String(server.port),
      DATA_DIR: folder,
    },
    async mailsDelivered() {
      const signal = AbortSignal.timeout(MAIL_MILLISECONDS)
      while (pendingMails(folder) > 0) {
        signal.throwIfAborted()
        await Bun.sleep(10)
      }
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await place[Symbol.asyncDispose]()
    },
  }
}

function pendingMails(folder: string): number {
  using file = new Database(join(folder, 'authy2.db'), { readonly: true })
  const pending = "select count(*) as pending from outbox_messages where status = 'pending'"
  return file.query<{ pending: number }, []>(pending).get()?.pending ?? 0
}
