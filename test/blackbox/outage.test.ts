import { describe, expect, test } from 'bun:test'
import { chmodSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { BOB, binaryPlace, hasBinary } from './place.ts'

const PASSWORD = 'quiet-Harbour-71-lantern'
const LANES = 8

/** Files may not grow past 2 MiB (4 where a block is 1 KiB); the program is not killed for trying. */
const WITHOUT_ROOM = ['sh', '-c', `trap '' XFSZ; ulimit -S -f 4096; exec "$@"`, 'sh']

/** Root may write everywhere. */
const AS_NOBODY =
  process.getuid?.() === 0 ? ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups', '--'] : []

describe.skipIf(!hasBinary)('the compiled program', () => {
  test('killed at any point has lost nothing that it answered', async () => {
    await using place = binaryPlace()
    const answered: string[] = []
    {
      await using server = await place.start()
      const lane = async (name: string) => {
        for (let number = 0; ; number++) {
          const email = `${name}-${number}@example.com`
          const { status } = await server.call('POST', '/auth/register', {
            body: { email, password: PASSWORD },
          })
          if (status === 201) answered.push(email)
        }
      }
      const lanes = Array.from({ length: LANES }, (_, number) => lane(`lane${number}`).catch(() => {}))
      while (answered.length < 60) await Bun.sleep(1)
      server.signal('SIGKILL')
      expect(await server.exited).toBeNull()
      await Promise.all(lanes)
    }
    await using server = await place.start()
    const lost: string[] = []
    for (const email of answered) {
      const { status } = await server.call('POST', '/auth/login', { body: { email, password: PASSWORD } })
      if (status !== 200) lost.push(email)
    }
    expect(lost).toEqual([])
    expect((await place.run(['doctor'])).output).toMatch(/^ok +database +SQLite .*, sound$/m)
  })

  test('without a place for its data ends with a reason and what to look at', async () => {
    await using place = binaryPlace()
    const { code, errors } = await place.run(['serve'], {
      env: { NODE_ENV: 'test', DATA_DIR: '/proc/nowhere', SECRET_KEY: PASSWORD, ENCRYPTION_KEY: PASSWORD },
    })
    expect(code).toBe(1)
    expect(errors).toContain('/proc/nowhere/authy2.db')
    expect(errors).toContain('DATA_DIR')
    expect(errors).not.toContain('    at ')
  })

  test('in a folder that is read-only ends with a reason', async () => {
    await using place = binaryPlace()
    const data = join(place.folder, 'data')
    mkdirSync(data)
    chmodSync(place.folder, 0o755)
    chmodSync(data, 0o555)
    const { code, errors } = await place.run(['serve'], { launcher: AS_NOBODY })
    chmodSync(data, 0o755)
    expect(code).toBe(1)
    expect(errors).toContain(`${data}/secrets.json: EACCES`)
    expect(errors).not.toContain('    at ')
  })

  test('without room answers changes with 503, everything else as ever, and does not end', async () => {
    await using place = binaryPlace()
    await place.run(['seed'])
    await using server = await place.start({ launcher: WITHOUT_ROOM })
    const { body } = await server.call('POST', '/auth/login', { body: BOB })
    const { token } = body.data
    const change = () =>
      server.call('PATCH', '/users/me', {
        token,
        body: { avatar_url: `https://example.com/${'x'.repeat(2_000)}` },
      })
    let status = 200
    for (let attempt = 0; attempt < 5_000 && status === 200; attempt++) status = (await change()).status
    const refused = await change()
    expect(refused.status).toBe(503)
    expect(refused.body).toMatchObject({ success: false, error: { type: 'SERVICE_UNAVAILABLE' } })
    expect((await server.call('GET', '/auth/me', { token })).status).toBe(200)
    expect((await fetch(`${server.url}/api/health/live`)).status).toBe(200)
    server.signal('SIGTERM')
    expect(await server.exited).toBe(0)
  })

  test('runs twice over one SQLite file: who signs out at one is out at the other', async () => {
    await using place = binaryPlace()
    await place.run(['seed'])
    await using one = await place.start()
    await using other = await place.start()
    const { body } = await one.call('POST', '/auth/login', { body: BOB })
    const { token } = body.data
    expect((await other.call('GET', '/auth/me', { token })).status).toBe(200)
    expect((await other.call('POST', '/auth/logout', { token })).status).toBe(200)
    expect((await one.call('GET', '/auth/me', { token })).status).toBe(401)
    const both = await Promise.all(
      [one, other, one, other].map((server, number) =>
        server.call('POST', '/auth/register', {
          body: { email: `new${number}@example.com`, password: PASSWORD },
        }),
      ),
    )
    expect(both.map(({ status }) => status)).toEqual([201, 201, 201, 201])
  })
})
