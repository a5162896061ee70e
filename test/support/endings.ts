/** Preloaded by bunfig.toml: what test files share, such as databases, ends with the run and not with a file. */
import { afterAll } from 'bun:test'

const endings: (() => Promise<void>)[] = []

/** Runs `end` after the last test, or after each file where several processes run them (`bun test --parallel`). */
export const atTheEnd = (end: () => Promise<void>): void => void endings.push(end)

afterAll(async () => {
  for (const end of endings) await end()
})
