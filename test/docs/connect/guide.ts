/** A guide that somebody follows on a demo server: clients registered, files saved. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createConsumer } from '../consumer.ts'
import { createDemoData, startDemo } from '../demo.ts'
import { parsePage, ROOT } from '../pages.ts'
import { follow } from '../reader.ts'
import { stepsOf } from '../steps.ts'
import { Visitor } from './visitor.ts'

export interface Guide extends AsyncDisposable {
  readonly issuer: string
  /** With the files of the page in it, and the packages that it says to install. */
  readonly folder: string
  read(file: string): Promise<string>
  /** Resolves once everything has been sent that waits to be: mail, and words to applications. */
  delivered(): Promise<void>
  /** Bob Builder of Acme Corporation, whose browser also reaches an application. */
  bob(application?: string): Visitor
}

export interface GuideOptions {
  /** Of the server. */
  readonly env?: Readonly<Record<string, string>>
  /** What takes the place of something that only one program of a machine can have, such as a port. */
  readonly replacing?: Readonly<Record<string, string | number>>
}

export async function followGuide(path: string, { env, replacing = {} }: GuideOptions = {}): Promise<Guide> {
  await using made = new AsyncDisposableStack()
  const data = made.use(await createDemoData())
  const demo = made.use(await startDemo(data, env))
  const folder = await mkdtemp(join(tmpdir(), 'authy2-guide-'))
  made.defer(() => rm(folder, { recursive: true, force: true }))
  await createConsumer(folder)
  let text = await readFile(join(ROOT, path), 'utf8')
  for (const [from, to] of Object.entries(replacing)) {
    if (!text.includes(from)) throw new Error(`${path} does not say ${from}`)
    text = text.replaceAll(from, String(to))
  }
  await follow(stepsOf(parsePage(path, text)), { folder, demo })

  const issuer = `http://localhost:${demo.port}`
  const owned = made.move()
  return {
    issuer,
    folder,
    read: (file) => readFile(join(folder, file), 'utf8'),
    delivered: demo.mailsDelivered,
    bob: (application) =>
      new Visitor({
        email: 'bob@acme-corp.com',
        password: 'UserPass123!',
        issuer,
        ...(application !== undefined && { application }),
      }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}
