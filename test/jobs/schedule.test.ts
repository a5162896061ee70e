import { describe, expect, test } from 'bun:test'
import { JOBS } from '../../src/jobs/index.ts'
import { nextAttempt, nextRun } from '../../src/jobs/schedule.ts'

const at = (text: string) => new Date(text)

describe('a schedule', () => {
  test.each([
    ['*/10 * * * *', '2030-01-01T00:00:00.000Z', '2030-01-01T00:10:00.000Z'], // after, not at
    ['*/10 * * * *', '2030-01-01T00:09:59.999Z', '2030-01-01T00:10:00.000Z'],
    ['5-59/10 * * * *', '2030-01-01T00:55:00.001Z', '2030-01-01T01:05:00.000Z'],
    ['0 3 * * *', '2030-12-31T12:00:00.000Z', '2031-01-01T03:00:00.000Z'],
    ['30 2 29 2 *', '2030-01-01T00:00:00.000Z', '2032-02-29T02:30:00.000Z'],
    ['30 2 * * *', '2030-03-31T00:00:00.000Z', '2030-03-31T02:30:00.000Z'], // an hour that Europe skips
  ])('%s after %s is due at %s', (schedule, after, due) => {
    expect(nextRun(schedule, at(after))).toEqual(at(due))
  })

  test.each(['', '* * * *', '* * * * * *', '61 * * * *', 'sometimes', '0 0 30 2 *'])(
    '%p is refused',
    (text) => {
      expect(() => nextRun(text, at('2030-01-01T00:00:00Z'))).toThrow()
    },
  )

  test('of every job is one, and no name is used twice', () => {
    for (const { schedule } of JOBS) expect(nextRun(schedule, at('2030-01-01T00:00:00Z'))).toBeDate()
    expect(new Set(JOBS.map(({ name }) => name)).size).toBe(JOBS.length)
    expect(JOBS.filter(({ name }) => !/^[a-z-]{1,64}$/.test(name))).toEqual([])
  })

  test('of what fails for months is kept', () => {
    const after = at('2030-01-01T00:00:01Z')
    expect(nextAttempt('0 3 * * *', after, 9)).toEqual(at('2030-01-01T03:00:00Z'))
    expect(nextAttempt('0 3 * * *', after, 5_000)).toEqual(at('2030-01-01T03:00:00Z'))
  })
})
