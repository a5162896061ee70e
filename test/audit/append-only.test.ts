import { expect, test } from 'bun:test'
import { Glob } from 'bun'

/** Drizzle's writes name their table first: `.update(auditEvent)`, `.delete(ctx.tx.t.auditEvent)`. */
const CHANGES_EVENTS = /\.(?:update|delete)\(\s*[\w.]*auditEvent\b/

test('nothing in the program updates or deletes an audit event', async () => {
  const found: string[] = []
  const root = `${import.meta.dir}/../../src`
  for await (const path of new Glob('**/*.ts').scan(root)) {
    if (CHANGES_EVENTS.test(await Bun.file(`${root}/${path}`).text())) found.push(path)
  }
  expect(found).toEqual([])
})

test('the check recognises such a write', () => {
  expect(CHANGES_EVENTS.test('await ctx.tx.delete(ctx.tx.t.auditEvent).where(x)')).toBe(true)
  expect(CHANGES_EVENTS.test('tx.update(auditEvent).set({})')).toBe(true)
  expect(CHANGES_EVENTS.test('tx.insert(auditEvent).values(row)')).toBe(false)
})
