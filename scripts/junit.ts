export interface Tally {
  passed: number
  failed: number
  skipped: number
}

/**
 * Counts the test cases of a JUnit report of `bun test`. Works on the text: `<`, `>` and `&` inside names and
 * messages are escaped there, so an element cannot be imitated by a test's output.
 */
export function countJunit(report: string): Tally {
  const tally: Tally = { passed: 0, failed: 0, skipped: 0 }
  for (const [, content = ''] of report.matchAll(/<testcase\b[^>]*?(?:\/>|>([\s\S]*?)<\/testcase>)/g)) {
    if (/<(?:failure|error)\b/.test(content)) tally.failed++
    else if (/<skipped\b/.test(content)) tally.skipped++
    else tally.passed++
  }
  return tally
}
