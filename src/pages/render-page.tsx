import type { ReactNode } from 'react'
import { renderToStaticMarkup } from 'react-dom/server'
import { accentStyle } from './accent.ts'
import { formScript, passkeyScript } from './client-scripts.ts'
import type { Locale } from './locale.ts'
import { messagesFor } from './messages/messages.ts'
import { Name, Picture } from './parts/application.tsx'
import { type Branding, FrameProvider, type Going, useFrame } from './parts/frame.tsx'
import { Icon } from './parts/icons.tsx'
import { shown } from './parts/shown.ts'
import style from './style.css' with { type: 'text' }
import { BackupCodes } from './views/backup-codes.tsx'
import { ChooseSession } from './views/choose-session.tsx'
import { Consent } from './views/consent.tsx'
import { Device, DeviceConfirm, DeviceDecided } from './views/device.tsx'
import { Enrol } from './views/enrol.tsx'
import { HandOver } from './views/hand-over.tsx'
import { Home } from './views/home.tsx'
import { Invite } from './views/invite.tsx'
import { EmailVerified, MailSent, VerifyEmail } from './views/mail.tsx'
import { ForgotPassword, Recover, ResetPassword } from './views/new-password.tsx'
import { NotAdmitted } from './views/not-admitted.tsx'
import { ProblemPage } from './views/problem.tsx'
import { Register } from './views/register.tsx'
import { SecondFactor } from './views/second-factor.tsx'
import { SignIn } from './views/sign-in.tsx'
import { SignedOut, SignOut } from './views/sign-out.tsx'

/** Every hosted page, by its kind. */
const VIEWS = {
  home: Home,
  sign_in: SignIn,
  second_factor: SecondFactor,
  choose_session: ChooseSession,
  register: Register,
  forgot_password: ForgotPassword,
  reset_password: ResetPassword,
  recover: Recover,
  mail_sent: MailSent,
  verify_email: VerifyEmail,
  email_verified: EmailVerified,
  invite: Invite,
  enrol: Enrol,
  backup_codes: BackupCodes,
  not_admitted: NotAdmitted,
  consent: Consent,
  device: Device,
  device_confirm: DeviceConfirm,
  device_decided: DeviceDecided,
  sign_out: SignOut,
  signed_out: SignedOut,
  hand_over: HandOver,
  problem: ProblemPage,
} as const

export type PageKind = keyof typeof VIEWS
type PageOf<Kind extends PageKind> = { readonly kind: Kind } & Parameters<(typeof VIEWS)[Kind]>[0]
/** A page and what is on it: plain values, all of which may come from strangers. */
export type Page = { [Kind in PageKind]: PageOf<Kind> }[PageKind]

export interface PageRequest {
  readonly page: Page
  readonly locale: Locale
  /** Of the answer's content policy; see `pageHeaders`. */
  readonly nonce: string
  readonly branding: Branding
  /** What each form sends back as `csrf`. */
  readonly csrf: string
  readonly going?: Going
}

const MINIMAL_STYLE = style.replace(/\/\*[\s\S]*?\*\//g, '').replace(/\s*\n\s*/g, '')

/** Renders a page as a whole HTML document. Complete without scripts but for passkeys; escaped by React. */
export function renderPage({ page, locale, nonce, branding, csrf, going = {} }: PageRequest): string {
  const frame = { messages: messagesFor(locale), locale, branding, csrf, going }
  const html = renderToStaticMarkup(
    <html lang={locale}>
      <head>
        <meta charSet="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex" />
        <link rel="icon" href={FAVICON} />
        <style nonce={nonce}>{MINIMAL_STYLE + accentStyle(branding.organization?.accentColor)}</style>
        <script defer nonce={nonce} src={formScript.path} />
        {hasPasskeys(page) && <script defer nonce={nonce} src={passkeyScript.path} />}
      </head>
      <body>
        <FrameProvider value={frame}>
          <Brand />
          <main className={`card page-${page.kind}`}>
            <PageBody page={page} />
          </main>
          <footer>{frame.messages.footer(shown(branding.service))}</footer>
        </FrameProvider>
        {page.kind === 'hand_over' && page.fields && <SendAtOnce nonce={nonce} />}
      </body>
    </html>,
  )
  return `<!doctype html>${html}`
}

const PageBody = ({ page }: { page: Page }) => viewOf(page)

/** The table pairs each kind with its props; that `page.kind` names its own entry is known here only. */
function viewOf<Kind extends PageKind>(page: PageOf<Kind>): ReactNode {
  const views: { readonly [K in PageKind]: (props: PageOf<K>) => ReactNode } = VIEWS
  return views[page.kind as Kind](page)
}

/** Whose page it is, first thing on it. */
function Brand() {
  const { organization, service } = useFrame().branding
  return (
    <header className="brand">
      {organization ? (
        <Picture url={organization.logoUrl} size={40} fallback={<Icon name="building" />} />
      ) : (
        <Icon name="shield" />
      )}
      <Name text={organization?.name ?? service} />
    </header>
  )
}

const hasPasskeys = (page: Page): boolean => 'passkey' in page && page.passkey !== undefined

/** Form Post Response Mode asks for a form that sends itself; without scripts its button does. */
const SendAtOnce = ({ nonce }: { nonce: string }) => (
  <script nonce={nonce}>{"document.getElementById('hand-over').submit()"}</script>
)

/** In the page itself: browsers ask for one anyway. */
const FAVICON = `data:image/svg+xml,${encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><rect width="24" height="24" rx="6" fill="#2456c9"/><path d="M12 4.5 6 7v4.5c0 3.7 2.5 6.3 6 7.6 3.5-1.3 6-3.9 6-7.6V7zM9.5 12l1.8 1.8 3.2-3.6" fill="none" stroke="#fff" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round"/></svg>',
)}`
