import { expect, test } from 'bun:test'
import { readdir } from 'node:fs/promises'
import { OAUTH_ERROR_STATUS } from '../../src/protocol/oauth/error.ts'

/** Codes that are reserved for what does not happen here. */
const NEVER_SENT: Readonly<Record<string, string>> = {
  account_selection_required:
    'a browser is signed in as one person at most, so there is nothing to select from',
  unsupported_token_type: 'tokens of both kinds are revoked, and a hint at a third is no more than a hint',
  invalid_software_statement: 'none is looked at: they are unapproved, all of them',
}
/** Of the edge and of a fault, which no request causes by what it says. */
const ELSEWHERE = ['server_error', 'temporarily_unavailable']

test('every code of the standards is caused by a row of the tables, or is never sent', async () => {
  const tables = (await readdir(import.meta.dir)).filter((name) => /^errors-(?!complete)/.test(name))
  const texts = await Promise.all(tables.map((name) => Bun.file(`${import.meta.dir}/${name}`).text()))
  const isCaused = (code: string) => texts.some((text) => text.includes(`'${code}'`))
  const missing = Object.keys(OAUTH_ERROR_STATUS).filter(
    (code) => !isCaused(code) && !(code in NEVER_SENT) && !ELSEWHERE.includes(code),
  )
  expect(missing).toEqual([])
  expect(Object.keys(NEVER_SENT).filter(isCaused)).toEqual([])
})
