import { expect, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { getPriority } from 'node:os'
import { createPasswordHasher } from '../../src/credentials/password-hash.ts'

const priorities = () =>
  readdirSync('/proc/self/task').map((id) => ({
    name: readFileSync(`/proc/self/task/${id}/comm`, 'latin1').trim(),
    nice: getPriority(Number(id)),
  }))

test.skipIf(process.platform !== 'linux')(
  'threads that hash yield to the event loop, and no others do',
  async () => {
    const { hash } = createPasswordHasher({ algorithm: 'bcrypt', bcryptLogRounds: 6, queueLimit: 64 })
    const before = getPriority()
    await Promise.all(Array.from({ length: 16 }, () => hash('quiet river')))
    const pool = priorities().filter(({ name }) => name.startsWith('Bun Pool'))
    expect(pool.length).toBeGreaterThan(0)
    expect(pool.every(({ nice }) => nice >= 15)).toBe(true)
    expect(getPriority()).toBe(before)
  },
)
