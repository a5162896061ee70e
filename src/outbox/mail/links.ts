import type { Mail, MailKind, MailOf } from './mail.ts'

const token = (mail: { token: string }) => encodeURIComponent(mail.token)

/** Where the button of a mail leads, under PUBLIC_URL. */
const PATHS = {
  verify_email: (mail: MailOf<'verify_email'>) => `/verify-email?token=${token(mail)}`,
  change_email: (mail: MailOf<'change_email'>) => `/confirm-email?token=${token(mail)}`,
  register_existing: () => '/login',
  reset_password: (mail: MailOf<'reset_password'>) => `/reset-password?token=${token(mail)}`,
  invite: (mail: MailOf<'invite'>) => `/invites/${token(mail)}`,
  mfa_reminder: () => '/enrol',
} satisfies { [Kind in MailKind]?: (mail: MailOf<Kind>) => string }

export type LinkedKind = keyof typeof PATHS

/** The address behind a mail's button; undefined for a kind that has none. */
export const linkOf = (mail: Mail, publicUrl: string): string | undefined =>
  isLinked(mail) ? publicUrl + pathOf(mail.kind, mail) : undefined

const isLinked = (mail: Mail): mail is MailOf<LinkedKind> => mail.kind in PATHS

function pathOf<Kind extends LinkedKind>(kind: Kind, mail: MailOf<Kind>): string {
  const paths: { readonly [K in LinkedKind]: (mail: MailOf<K>) => string } = PATHS
  return paths[kind](mail)
}
