import { Elysia } from 'elysia'
import { z } from 'zod'
import { GivenId, guard, type HttpDeps, Id, Instant } from '../http/index.ts'
import { notFound } from '../kernel/index.ts'
import type { ReceivedMail } from './mail/development-mailbox.ts'
import { mailboxPage } from './mail/mailbox-page.ts'
import type { Mailer } from './mail/mailer.ts'

const Received = z.object({
  id: Id,
  at: Instant,
  kind: z.string(),
  to: z.string(),
  subject: z.string(),
  text: z.string(),
  html: z.string(),
  link: z.string().nullable(),
})
const Mailbox = z.object({ mails: z.array(Received) })

const Html = z.string()
/** What the pages show needs styles and nothing else; above all no script, whatever a name contains. */
const HTML_HEADERS = {
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy':
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
}
const hidden = (summary: string) => ({ summary, hide: true })

/**
 * What would have been mailed, for whoever can reach the server: every link in it is a secret. So there is
 * something here only where mails are kept in memory, which never happens in production.
 */
export function developmentMailbox(deps: HttpDeps & { readonly mailer: Pick<Mailer, 'mailbox'> }) {
  const { mailbox } = deps.mailer
  const plugin = new Elysia({ name: 'development-mailbox', prefix: '/dev', tags: ['Development'] })
  if (!mailbox) return plugin
  const asJson = () => ({ mails: mailbox.list().map(view) })
  return plugin
    .use(guard(deps))
    .get(
      '/mail',
      ({ request, set }) => {
        if (request.headers.get('accept')?.includes('application/json')) return asJson()
        Object.assign(set.headers, HTML_HEADERS)
        return mailboxPage(mailbox.list())
      },
      { public: true, response: { 200: z.union([Html, Mailbox]) }, detail: hidden('Read the mails') },
    )
    .get('/mail.json', asJson, {
      public: true,
      response: { 200: Mailbox },
      detail: hidden('Read the mails as JSON'),
    })
    .get(
      '/mail/:id',
      ({ params, set }) => {
        const mail = mailbox.find(params.id)
        if (!mail) throw notFound('Mail')
        Object.assign(set.headers, HTML_HEADERS)
        return mail.html
      },
      {
        public: true,
        params: z.object({ id: GivenId }),
        response: { 200: Html },
        detail: hidden('Look at one mail as its reader does'),
      },
    )
}

const view = ({ at, link, ...mail }: ReceivedMail): z.infer<typeof Received> => ({
  ...mail,
  at: at.toISOString(),
  link: link ?? null,
})
