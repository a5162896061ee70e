import type { Mail, MailKind } from '../../src/outbox/index.ts'
import { openPayload } from '../../src/outbox/message.ts'
import type { TestServer } from './server.ts'

/** The mails that wait in the outbox, oldest first: of one kind, and to one address where it is given. */
export async function mailsOf<Kind extends MailKind>(
  t: Pick<TestServer, 'read' | 'deps'>,
  kind: Kind,
  to?: string,
): Promise<Extract<Mail, { kind: Kind }>[]> {
  const rows = await t.read((ctx) => ctx.reader.select().from(ctx.reader.t.outboxMessage))
  return rows
    .sort((a, b) => a.id.localeCompare(b.id))
    .map((row) => openPayload(t.deps.keyring, row) as Mail)
    .filter((mail): mail is Extract<Mail, { kind: Kind }> => mail.kind === kind)
    .filter((mail) => to === undefined || mail.to === to)
}
