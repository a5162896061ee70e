import { Elysia } from 'elysia'
import { z } from 'zod'
import { Envelope, guard, type HttpDeps, success } from '../http/index.ts'
import { listJobs, requestRun } from './administration.ts'
import type { JobRunner } from './runner.ts'
import { ScheduledJob } from './schema.ts'

const JobPath = z.object({ name: z.string().max(64) })

/** What the instance does by itself, for its administrators. */
export const jobs = (deps: HttpDeps & { readonly jobs: Pick<JobRunner, 'wake'> }) =>
  new Elysia({ name: 'jobs', prefix: '/api/v1/admin', tags: ['Instance administration'] })
    .use(guard(deps))
    .get('/jobs', async ({ origin }) => success(origin, { jobs: await deps.read(origin, listJobs) }), {
      instanceAdmin: 'admin:read',
      response: { 200: Envelope(z.object({ jobs: z.array(ScheduledJob) })) },
      detail: { summary: 'List the jobs of the instance and how their last runs went' },
    })
    .post(
      '/jobs/:name/run',
      async ({ origin, params, status }) => {
        const job = await deps.write(origin, async (ctx) => {
          ctx.afterCommit(deps.jobs.wake)
          return requestRun(ctx, params.name)
        })
        return status(202, success(origin, { job }, { code: 202, message: 'The job will run at once.' }))
      },
      {
        instanceAdmin: 'admin:write',
        fails: ['NOT_FOUND'],
        params: JobPath,
        response: { 202: Envelope(z.object({ job: ScheduledJob })) },
        detail: { summary: 'Run a job now, beside its schedule' },
      },
    )
