import type { Origin, Row, UnitsOfWork } from '../db/index.ts'
import { utf8 } from '../kernel/index.ts'
import { encodeCsvRow } from './csv.ts'
import { type AuditScope, listAuditEvents } from './query.ts'
import { record } from './record.ts'
import type { AuditEvent, AuditFilters, AuditFormat } from './schema.ts'
import { auditEventView } from './views.ts'

const BATCH = 500

export interface AuditExport {
  readonly scope: Exclude<AuditScope, { userId: string }>
  readonly filters: AuditFilters
  readonly format: Exclude<AuditFormat, 'json' | undefined>
}

/**
 * Everything that matches, newest first, as a download that is read while it is sent: memory does not grow
 * with it, a slow client slows the reading, and one that leaves ends it. That somebody took it is recorded
 * before the first byte leaves, and so is the first row of what is sent where the filters include it.
 */
export async function exportAuditEvents(
  deps: UnitsOfWork,
  origin: Origin,
  query: AuditExport,
): Promise<Response> {
  const { scope, filters, format } = query
  const now = await deps.write(origin, async (ctx) => {
    await record(ctx, {
      action: scope === 'instance' ? 'admin.audit.export' : 'org.audit.export',
      ...(scope === 'instance' ? {} : { organizationId: scope.organizationId }),
      details: { format, filters },
    })
    return ctx.now
  })
  const { contentType, lines } = FORMATS[format]
  return new Response(streamOf(lines(auditBatches(deps, origin, query)), origin), {
    headers: {
      'Content-Type': contentType,
      'Content-Disposition': `attachment; filename="audit-log-${now.toISOString().slice(0, 10)}.${format}"`,
    },
  })
}

/** All that matches, a batch at a time, each batch read when it is asked for. */
export async function* auditBatches(
  deps: UnitsOfWork,
  origin: Origin,
  { scope, filters }: { readonly scope: AuditScope; readonly filters: AuditFilters },
): AsyncGenerator<readonly Row<'auditEvent'>[]> {
  for (let after: string | undefined; ; ) {
    const page = { count: BATCH, after }
    const rows = await deps.read(origin, (ctx) => listAuditEvents(ctx, { scope, filters }, page))
    if (rows.length > 0) yield rows
    if (rows.length < BATCH) return
    after = rows.at(-1)?.id
  }
}

/** A body out of pieces of text. An error while it is sent breaks the connection: no export looks complete that is not. */
export function streamOf(pieces: AsyncGenerator<string>, { log }: Origin): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await pieces.next()
          if (done) controller.close()
          else controller.enqueue(utf8(value))
        } catch (error) {
          log.error('export.failed', { err: error })
          controller.error(error)
        }
      },
      async cancel() {
        await pieces.return(undefined)
      },
    },
    { highWaterMark: 0 }, // nothing is read ahead of the client
  )
}

type Batches = AsyncIterable<readonly Row<'auditEvent'>[]>

const FORMATS = {
  ndjson: {
    contentType: 'application/x-ndjson',
    async *lines(batches: Batches) {
      for await (const rows of batches) {
        yield rows.map((row) => `${JSON.stringify(auditEventView(row))}\n`).join('')
      }
    },
  },
  csv: {
    contentType: 'text/csv; charset=utf-8; header=present', // RFC 4180 §3
    async *lines(batches: Batches) {
      yield encodeCsvRow(COLUMNS.map(([name]) => name))
      for await (const rows of batches) {
        yield rows
          .map((row) => {
            const event = auditEventView(row)
            return encodeCsvRow(COLUMNS.map(([, cell]) => cell(event)))
          })
          .join('')
      }
    },
  },
}

const COLUMNS: readonly (readonly [name: string, cell: (event: AuditEvent) => string | null])[] = [
  ['id', ({ id }) => id],
  ['at', ({ at }) => at],
  ['action', ({ action }) => action],
  ['outcome', ({ outcome }) => outcome],
  ['reason', ({ reason }) => reason],
  ['actor_kind', ({ actor }) => actor.kind],
  ['actor_id', ({ actor }) => actor.id],
  ['credential_id', ({ actor }) => actor.credential_id],
  ['target_type', ({ target }) => target?.type ?? null],
  ['target_id', ({ target }) => target?.id ?? null],
  ['organization_id', (event) => event.organization_id],
  ['address', ({ address }) => address],
  ['user_agent', (event) => event.user_agent],
  ['request_id', (event) => event.request_id],
  ['details', ({ details }) => JSON.stringify(details)],
]
