import { and, desc, eq, gt, lt } from 'drizzle-orm'
import type { ReadCtx, Row } from '../db/index.ts'
import { type CursorSigner, type Page, type PageQuery, readPage } from '../http/index.ts'
import { isLive } from './authenticate.ts'

/**
 * A user's live sessions, newest first. Those that have been idle for too long are left out after a page is
 * read, so it may hold fewer rows than asked for while another one follows.
 */
export async function listSessions(
  ctx: ReadCtx,
  input: { userId: string; query: PageQuery; cursors: CursorSigner },
): Promise<Page<Row<'session'>>> {
  const { session } = ctx.reader.t
  const { userId, query, cursors } = input
  const key = ({ id }: Row<'session'>) => [id]
  const page = await readPage({ cursors, list: 'sessions', query, key }, (count, after) =>
    ctx.reader
      .select()
      .from(session)
      .where(
        and(
          eq(session.userId, userId),
          gt(session.expiresAt, ctx.now),
          after && lt(session.id, String(after[0])),
        ),
      )
      .orderBy(desc(session.id))
      .limit(count),
  )
  return { ...page, rows: page.rows.filter((row) => isLive(row, ctx.now)) }
}
