import { describe, expect, test } from 'bun:test'
import { JOBS } from '../../src/jobs/index.ts'
import { eventsOf } from '../authentication/people.ts'
import { type TestDialect, testDialects } from '../support/databases.ts'
import { testServer } from '../support/server.ts'

/** The first user of an instance is its administrator. */
async function arrange(dialect: TestDialect) {
  const server = await testServer({ dialect, now: '2030-01-01T12:00:00Z' })
  const root = await server.signedIn({ email: 'root@example.com' })
  const bob = await server.signedIn({ email: 'bob@example.com' })
  const list = async () => (await server.call('GET', '/admin/jobs', { token: root.token })).body.data.jobs
  const run = (name: string, token?: string) => server.call('POST', `/admin/jobs/${name}/run`, { token })
  const keyOf = async (...scopes: string[]): Promise<string> => {
    const body = { name: scopes.join(' '), scopes }
    const answer = await server.call('POST', '/users/me/api-keys', { token: root.token, body })
    return answer.body.data.key
  }
  return { ...server, root, bob, list, run, keyOf }
}

const NEVER_RUN = {
  is_running: false,
  last_started_at: null,
  last_finished_at: null,
  last_outcome: null,
  last_error: null,
  last_summary: null,
  failures: 0,
}

describe.each(testDialects)('the jobs of an instance on $name', (dialect) => {
  test('are listed before any has run, and before any server was started', async () => {
    await using t = await arrange(dialect)
    const described = JOBS.map(({ name, description, schedule }) => ({ name, description, schedule }))
    expect(await t.list()).toEqual(described.map((job) => ({ ...job, ...NEVER_RUN, next_run_at: null })))
    await t.deps.jobs.runDue()
    const planned = ['12:10', '12:05', '12:17'].map((time) => `2030-01-01T${time}:00.000Z`)
    expect(await t.list()).toEqual(
      described.map((job, number) => ({ ...job, ...NEVER_RUN, next_run_at: planned[number] })),
    )
  })

  test('all run, with nothing to do and with something', async () => {
    await using t = await arrange(dialect)
    await t.deps.jobs.runDue()
    t.clock.advance(3_600)
    await t.deps.jobs.runDue()
    for (const job of await t.list()) {
      expect(job).toMatchObject({
        last_started_at: '2030-01-01T13:00:00.000Z',
        last_finished_at: '2030-01-01T13:00:00.000Z',
        last_outcome: 'success',
        last_error: null,
        is_running: false,
        failures: 0,
      })
      expect(Object.values(job.last_summary).every((count) => count === 0)).toBe(true)
    }
    t.clock.advance(86_400) // the end of both sessions
    await t.deps.jobs.runDue()
    const rows = await t.read(({ reader }) => reader.select().from(reader.t.job))
    expect(rows.find(({ name }) => name === 'clean-up')?.lastSummary).toMatchObject({ sessions: 2 })
  })

  test('are shown as running, and as failing, with when they are tried again', async () => {
    await using t = await arrange(dialect)
    await t.write(async ({ tx, now }) => {
      await tx.insert(tx.t.job).values([
        {
          name: 'compliance',
          nextRunAt: now,
          leaseId: 'somebody',
          leasedUntil: new Date('2030-01-01T12:00:50Z'),
          lastStartedAt: now,
          failures: 0,
        },
        { name: 'clean-up', nextRunAt: now, lastOutcome: 'failure', lastError: 'no luck', failures: 2 },
        { name: 'of-another-version', nextRunAt: now, failures: 0 },
      ])
    })
    expect(await t.list()).toMatchObject([
      { name: 'compliance', is_running: true, last_started_at: '2030-01-01T12:00:00.000Z' },
      { name: 'clean-up', is_running: false, last_outcome: 'failure', last_error: 'no luck', failures: 2 },
      { name: 'signing-keys', ...NEVER_RUN },
    ])
    t.clock.advance(50)
    expect((await t.list())[0].is_running).toBe(false)
  })

  test('one that is asked for is due at once, which is recorded', async () => {
    await using t = await arrange(dialect)
    await t.deps.jobs.runDue()
    const { status, body } = await t.run('clean-up', t.root.token)
    expect(status).toBe(202)
    expect(body).toMatchObject({ code: 202, data: { job: { next_run_at: '2030-01-01T12:00:00.000Z' } } })
    await t.deps.jobs.runDue()
    expect(await t.list()).toMatchObject([
      { name: 'compliance', last_outcome: null },
      { name: 'clean-up', last_outcome: 'success', next_run_at: '2030-01-01T12:05:00.000Z' },
      { name: 'signing-keys', last_outcome: null },
    ])
    expect(await eventsOf(t, 'admin.job.run')).toMatchObject([
      { actorId: t.root.user.id, targetType: 'job', targetId: 'clean-up', outcome: 'success' },
    ])
  })

  test('one that is asked for before any server was started runs when one is', async () => {
    await using t = await arrange(dialect)
    expect((await t.run('compliance', t.root.token)).status).toBe(202)
    await t.deps.jobs.runDue()
    expect((await t.list())[0]).toMatchObject({ name: 'compliance', last_outcome: 'success' })
  })

  test('one that is asked for 20 times at once runs once', async () => {
    await using t = await arrange(dialect)
    const answers = await Promise.all(Array.from({ length: 20 }, () => t.run('clean-up', t.root.token)))
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(202))
    await t.deps.jobs.runDue()
    await t.deps.jobs.runDue()
    const text = await t.deps.metrics.registry.metrics()
    expect(text).toContain('authy2_job_runs_total{job="clean-up",outcome="success"} 1')
  })

  test('one that is asked for while it runs keeps its lease, and is due again afterwards', async () => {
    await using t = await arrange(dialect)
    const leasedUntil = new Date('2030-01-01T12:00:50Z')
    await t.write(async ({ tx, now }) => {
      const row = { name: 'clean-up', nextRunAt: new Date('2030-01-01T12:05:00Z'), failures: 0 }
      await tx.insert(tx.t.job).values({ ...row, leaseId: 'somebody', leasedUntil, lastStartedAt: now })
    })
    const { body } = await t.run('clean-up', t.root.token)
    expect(body.data.job).toMatchObject({ is_running: true, next_run_at: '2030-01-01T12:00:00.000Z' })
    const [row] = await t.read(({ reader }) => reader.select().from(reader.t.job))
    expect(row).toMatchObject({ leaseId: 'somebody', leasedUntil })
  })

  test('are for instance administrators alone, and for keys with the scope', async () => {
    await using t = await arrange(dialect)
    const status = async (token?: string) => [
      (await t.call('GET', '/admin/jobs', { token })).status,
      (await t.run('clean-up', token)).status,
    ]
    expect(await status()).toEqual([401, 401])
    expect(await status(t.bob.token)).toEqual([403, 403])
    expect(await status(await t.keyOf('profile:read'))).toEqual([403, 403])
    expect(await status(await t.keyOf('admin:read'))).toEqual([200, 403])
    expect(await status(await t.keyOf('admin:write'))).toEqual([403, 202])
    expect(await eventsOf(t, 'admin.job.run')).toHaveLength(1)
  })

  test.each(['unknown', 'of-another-version', 'Clean-up', '%00', 'x'.repeat(64)])(
    '%p is none of them',
    async (name) => {
      await using t = await arrange(dialect)
      await t.write(async ({ tx, now }) => {
        await tx.insert(tx.t.job).values({ name: 'of-another-version', nextRunAt: now, failures: 0 })
      })
      expect((await t.run(name, t.root.token)).status).toBe(404)
      expect(await eventsOf(t, 'admin.job.run')).toEqual([])
    },
  )

  test('a name of no bounded length is refused', async () => {
    await using t = await arrange(dialect)
    expect((await t.run('x'.repeat(65), t.root.token)).status).toBe(400)
  })
})
