import { Elysia } from 'elysia'
import { z } from 'zod'
import {
  Envelope,
  guard,
  type HttpDeps,
  Id,
  Instant,
  Nothing,
  PageQuery,
  PathId,
  success,
} from '../http/index.ts'
import { type DeadLetter, listDead, retryDead } from './dead-letters.ts'

export const UndeliveredMessage = z
  .object({
    id: Id,
    kind: z.string().describe('What it was to do: `mail.` and the mail, for instance'),
    attempts: z.int(),
    last_error: z.string().nullable().describe('What the other side said, or why it was not reached'),
    created_at: Instant,
  })
  .meta({ id: 'UndeliveredMessage' })
export type UndeliveredMessage = z.infer<typeof UndeliveredMessage>

/** What could not be delivered, for the instance's administrators. Its contents are nobody's: they hold secrets. */
export const deadLetters = (deps: HttpDeps) =>
  new Elysia({
    name: 'outbox/dead-letters',
    prefix: '/api/v1/admin/outbox/dead-letters',
    tags: ['Instance administration'],
  })
    .use(guard(deps))
    .get(
      '',
      async ({ origin, query }) => {
        const page = await deps.read(origin, (ctx) => listDead(ctx, query, deps.cursors))
        return success(origin, { dead_letters: page.rows.map(view) }, { meta: page.meta })
      },
      {
        instanceAdmin: 'admin:read',
        query: PageQuery,
        response: { 200: Envelope(z.object({ dead_letters: z.array(UndeliveredMessage) })) },
        detail: { summary: 'List messages that could not be delivered', description: 'Newest first.' },
      },
    )
    .post(
      '/:id/retry',
      async ({ origin, params, status }) => {
        await deps.write(origin, (ctx) => retryDead(ctx, params.id))
        return status(202, success(origin, {}, { code: 202, message: 'It is sent again at once.' }))
      },
      {
        instanceAdmin: 'admin:write',
        fails: ['NOT_FOUND'],
        params: z.object({ id: PathId }),
        response: { 202: Envelope(Nothing) },
        detail: {
          summary: 'Deliver one of them after all',
          description:
            'With as many attempts as a new message. NOT_FOUND also where somebody else has just done so. A link in ' +
            'a mail is valid for as long as it was: the mail is the same.',
        },
      },
    )

const view = ({ lastError, createdAt, ...row }: DeadLetter): UndeliveredMessage => ({
  ...row,
  last_error: lastError,
  created_at: createdAt.toISOString(),
})
