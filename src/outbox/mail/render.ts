import { composeMail } from './content.ts'
import { htmlPart } from './html-part.ts'
import type { Mail, MailKind } from './mail.ts'
import { textPart } from './text-part.ts'

/** A mail as it goes out. */
export interface RenderedMail {
  readonly kind: MailKind
  readonly to: string
  readonly subject: string
  readonly text: string
  readonly html: string
  /** Where its button leads. */
  readonly link: string | undefined
}

export function renderMail(mail: Mail, publicUrl: string): RenderedMail {
  const content = composeMail(mail, publicUrl)
  return {
    kind: mail.kind,
    to: mail.to,
    subject: content.subject,
    text: textPart(content),
    html: htmlPart(content),
    link: content.button?.url,
  }
}
