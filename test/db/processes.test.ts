import { Database as SqliteFile } from 'bun:sqlite'
import { describe, expect, test } from 'bun:test'
import { testDialects } from '../support/databases.ts'
import { factNames, writeFact } from './facts.ts'
import { runStorageProcess, startStorageProcess } from './processes.ts'

const IN_FLIGHT = 1_000

describe.each(testDialects)('on $name', (dialect) => {
  test('a process killed in the middle of 1,000 concurrent writes loses nothing that it answered', async () => {
    await using opened = await dialect.open()
    await using child = startStorageProcess(['write-many', opened.url, String(IN_FLIGHT)])
    const answered: string[] = []
    for await (const name of child.lines()) {
      answered.push(name)
      if (answered.length === 3 * IN_FLIGHT) await child.kill() // what it printed until then is still read
    }
    expect(answered.length).toBeGreaterThanOrEqual(3 * IN_FLIGHT)
    const stored = new Set(await factNames(opened.database.reader))
    expect(answered.filter((name) => !stored.has(name))).toEqual([])
    await writeFact(opened.database, 'afterwards')
    if (dialect.name === 'sqlite') expectSound(opened.url)
  }, 60_000)

  test('two processes write at the same time, and neither blocks its event loop', async () => {
    await using opened = await dialect.open()
    const gaps: number[] = []
    let last = performance.now()
    const timer = setInterval(() => {
      gaps.push(performance.now() - last)
      last = performance.now()
    }, 5)
    const theirs = runStorageProcess(['write', opened.url, 'theirs-', '300'])
    let isOver = false
    void theirs.finally(() => {
      isOver = true
    })
    let written = 0
    while (!isOver) await writeFact(opened.database, `ours-${written++}`)
    clearInterval(timer)
    expect(await theirs).toHaveLength(300)
    expect(await factNames(opened.database.reader)).toHaveLength(300 + written)
    gaps.sort((a, b) => a - b)
    expect(gaps.at(Math.floor(gaps.length * 0.95))).toBeLessThan(250)
  }, 60_000)
})

function expectSound(url: string): void {
  const file = new SqliteFile(url.slice('sqlite:'.length), { readonly: true })
  expect(file.query('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }])
  expect(file.query('PRAGMA foreign_key_check').all()).toEqual([])
  file.close()
}
