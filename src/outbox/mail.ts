/** The mails that Authy2 sends. What varies is data; words and links come from the templates at sending. */
export type Mail = {
  readonly to: string
  /** The reader's language (BCP 47); English where there is none or no translation. */
  readonly locale: string | null
} & (
  | { readonly kind: 'verify_email'; readonly token: string }
  | { readonly kind: 'change_email'; readonly token: string }
  | { readonly kind: 'email_changed'; readonly newEmail: string }
  | { readonly kind: 'register_existing' }
  | { readonly kind: 'reset_password'; readonly token: string }
  | {
      readonly kind: 'password_changed'
      readonly at: string
      readonly deviceName: string
      readonly address: string | null
    }
  | {
      readonly kind: 'new_device'
      readonly at: string
      readonly deviceName: string
      readonly address: string | null
    }
  | {
      readonly kind: 'invite'
      readonly token: string
      readonly organizationName: string
      readonly inviterName: string
      readonly role: string
      readonly expiresAt: string
    }
  | { readonly kind: 'suspended' }
)

export type MailKind = Mail['kind']
