/**
 * A process of its own over a database, for tests of what happens between processes and when one dies:
 *   `migrate URL`               migrates and prints the names of what it applied, as JSON
 *   `open URL`                  opens, and prints `opened` or the type of the error
 *   `write URL PREFIX COUNT`    writes COUNT rows one after the other; prints each name when its write is answered
 *   `write-many URL LANES`      writes in LANES concurrent chains until it is killed; prints in the same way
 *   `write-big URL`             writes rows of 64 KiB for ever; prints the name, or the type of the error
 */
import { writeSync } from 'node:fs'
import { type DatabaseLocation, migrate, openDatabase } from '../../src/db/index.ts'
import { AppError, systemClock, systemRandom } from '../../src/kernel/index.ts'

const [command, url = '', ...rest] = process.argv.slice(2)

/** At once: what a killed process has answered must have left it. */
const print = (line: string) => writeSync(1, `${line}\n`)

const location: DatabaseLocation = url.startsWith('sqlite:')
  ? { kind: 'sqlite', path: url.slice('sqlite:'.length) }
  : { kind: 'postgres', url, poolSize: 10 }

const typeOf = (error: unknown) => (error instanceof AppError ? error.type : String(error))

function open() {
  const database = openDatabase(location, systemRandom)
  const write = (name: string, value = 'yes') =>
    database.transaction(async (tx) => {
      await tx.insert(tx.t.instanceFact).values({ name, value, createdAt: systemClock.now() })
    })
  return { database, write }
}

const COMMANDS: Readonly<Record<string, () => Promise<void>>> = {
  async migrate() {
    const { database } = open()
    print(JSON.stringify(await migrate(database, systemClock.now())))
    await database.close()
  },

  async open() {
    try {
      await open().database.close()
      print('opened')
    } catch (error) {
      print(typeOf(error))
    }
  },

  async write() {
    const { database, write } = open()
    const [prefix = '', count = '1'] = rest
    for (let number = 0; number < Number(count); number++) {
      await write(`${prefix}${number}`)
      print(`${prefix}${number}`)
    }
    await database.close()
  },

  async 'write-many'() {
    const { write } = open()
    const chain = async (lane: number) => {
      for (let number = 0; ; number++) {
        await write(`${lane}-${number}`)
        print(`${lane}-${number}`)
      }
    }
    await Promise.all(Array.from({ length: Number(rest[0]) }, (_, lane) => chain(lane)))
  },

  async 'write-big'() {
    const { write } = open()
    for (let number = 0; ; number++) {
      try {
        await write(`${number}`, 'x'.repeat(65_536))
        print(`${number}`)
      } catch (error) {
        print(typeOf(error))
        await Bun.sleep(10)
      }
    }
  },
}

await COMMANDS[command ?? '']?.()
