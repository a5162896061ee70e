import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import type { Mail, MailKind } from '../../src/outbox/index.ts'
import { MFA_CHANGES } from '../../src/outbox/mail/mail.ts'
import { type RenderedMail, renderMail } from '../../src/outbox/mail/render.ts'

const PUBLIC_URL = 'https://id.example.com'
const reader = { to: 'bob@acme-corp.com', locale: 'en' }
const device = { at: '2030-01-01T10:30:00.000Z', deviceName: 'Firefox on Linux', address: '203.0.113.7' }

/** One of each kind, and where its button must lead. */
const MAILS: {
  readonly [Kind in MailKind]: readonly [Extract<Mail, { kind: Kind }>, link: string | undefined]
} = {
  verify_email: [
    { ...reader, kind: 'verify_email', token: 'a2v_one' },
    `${PUBLIC_URL}/verify-email?token=a2v_one`,
  ],
  change_email: [
    { ...reader, kind: 'change_email', token: 'a2v_two' },
    `${PUBLIC_URL}/confirm-email?token=a2v_two`,
  ],
  email_changed: [{ ...reader, kind: 'email_changed', newEmail: 'bob@new.example' }, undefined],
  register_existing: [{ ...reader, kind: 'register_existing' }, `${PUBLIC_URL}/login`],
  reset_password: [
    { ...reader, kind: 'reset_password', token: 'a2p_three' },
    `${PUBLIC_URL}/reset-password?token=a2p_three`,
  ],
  password_changed: [{ ...reader, kind: 'password_changed', ...device }, undefined],
  new_device: [{ ...reader, kind: 'new_device', ...device }, undefined],
  mfa_changed: [
    { ...reader, kind: 'mfa_changed', change: 'backup_code_used', codesLeft: 9, ...device },
    undefined,
  ],
  second_factor_guessing: [{ ...reader, kind: 'second_factor_guessing', ...device }, undefined],
  recovery_link: [{ ...reader, kind: 'recovery_link', expiresAt: '2030-01-01T11:30:00.000Z' }, undefined],
  invite: [
    {
      ...reader,
      kind: 'invite',
      token: 'a2i_four',
      organizationName: 'Acme Corporation',
      inviterName: 'Carol',
      role: 'admin',
      expiresAt: '2030-01-08T10:30:00.000Z',
    },
    `${PUBLIC_URL}/invites/a2i_four`,
  ],
  member_added: [
    {
      ...reader,
      kind: 'member_added',
      organizationName: 'Acme Corporation',
      organizationId: '01a20965-5043-72d9-8f0a-a5c11ef6cbc1',
      userId: '01a20965-4771-71af-ae82-4475d939eb77',
      adderName: 'Carol',
      role: 'guest',
    },
    undefined,
  ],
  suspended: [{ ...reader, kind: 'suspended' }, undefined],
  mfa_reminder: [
    {
      ...reader,
      kind: 'mfa_reminder',
      organizationName: 'Acme Corporation',
      deadlineAt: '2030-01-15T10:30:00.000Z',
      isPast: false,
      missing: ['totp', 'webauthn'],
    },
    `${PUBLIC_URL}/enrol`,
  ],
}
const EACH = Object.values(MAILS)

const render = (mail: Mail, change: Partial<Mail> = {}): RenderedMail =>
  renderMail({ ...mail, ...change } as Mail, PUBLIC_URL)

/** The tags of an HTML text, without their attributes' values. */
const tagsOf = (html: string) => html.match(/<\/?[a-z][a-z0-9]*/gi) ?? []

describe.each(['en', 'de'])('in %s', (locale) => {
  test.each(EACH)('$kind says the same in both parts', (mail, link) => {
    const { subject, text, html, link: given } = render(mail, { locale })
    expect(given).toBe(link)
    expect(html).toContain(`<html lang="${locale}">`)
    const shown = html.replace(/<style>.*<\/style>/s, '').replace(/<[^>]+>/g, ' ')
    for (const line of text.split('\n').filter((line) => line !== '' && line !== '-- ')) {
      for (const part of line.split(/: |:$/).filter((part) => part !== '')) expect(shown).toContain(part)
    }
    expect(shown).toContain(subject)
    if (link) expect(text).toContain(`${link}\n`)
    if ('token' in mail) expect(text).toContain(`\n${mail.token}\n`)
  })

  test.each(EACH)('$kind fetches nothing and runs nothing', (mail) => {
    const { html } = render(mail, { locale })
    expect(html).not.toMatch(/<(img|script|link|iframe|object|form)\b|url\(|@import|\son\w+=/i)
    const addresses = [...html.matchAll(/\b(?:href|src)="([^"]*)"/g)].map(([, address]) => address)
    expect(addresses.every((address) => address?.startsWith(`${PUBLIC_URL}/`))).toBe(true)
  })
})

test('each kind has words of its own in each language', () => {
  const subjects = EACH.flatMap(([mail]) => ['en', 'de'].map((locale) => render(mail, { locale }).subject))
  expect(new Set(subjects).size).toBe(EACH.length * 2)
})

test.each(['en', 'de'])('each change of second factors has words of its own in %s', (locale) => {
  const mails = MFA_CHANGES.map((change) => render(MAILS.mfa_changed[0], { locale, change, codesLeft: 7 }))
  expect(new Set(mails.map(({ subject }) => subject)).size).toBe(MFA_CHANGES.length)
  expect(new Set(mails.map(({ text }) => text)).size).toBe(MFA_CHANGES.length)
  for (const { text } of mails) expect(text).toMatch(/(Backup codes left|Verbleibende Ersatzcodes): 7\./)
  const silent = render(MAILS.mfa_changed[0], { locale, codesLeft: null })
  expect(silent.text).not.toMatch(/left:|Verbleibende/)
})

test('the language is the best that there is for the reader, else English', () => {
  const language = (locale: string | null) =>
    /lang="(\w+)"/.exec(render(MAILS.suspended[0], { locale }).html)?.[1]
  expect(language('de')).toBe('de')
  expect(language('de-AT')).toBe('de')
  expect(language('DE')).toBe('de')
  expect(language('en-US')).toBe('en')
  expect(language('fr')).toBe('en')
  expect(language('den')).toBe('en')
  expect(language(null)).toBe('en')
})

test('times are written as the language does and say that they are UTC', () => {
  const text = (locale: string) => render(MAILS.new_device[0], { locale }).text
  expect(text('en')).toContain('Time: 1 January 2030 at 10:30 UTC')
  expect(text('de')).toContain('Zeit: 1. Januar 2030 um 10:30 UTC')
})

test('an address that is not known is said to be so', () => {
  expect(render(MAILS.new_device[0], { address: null }).text).toContain('Address: unknown')
})

test('a token is escaped where it stands in an address', () => {
  expect(render(MAILS.verify_email[0], { token: 'a&b="c' }).link).toBe(
    `${PUBLIC_URL}/verify-email?token=a%26b%3D%22c`,
  )
})

/** Anything that a person could call themselves, and what somebody mean would. */
const name = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.constantFrom(
    '<script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    "'; background:url(https://evil.example)",
    '</style><style>*{display:none}',
    'Acme\r\nBcc: eve@evil.example',
    'Acme\n\nYour code is 123',
    '\u202egro.live',
    '&lt;b&gt;',
    '$& $1 $$',
  ),
)

test('no name changes what an HTML part is made of', () => {
  const [invite] = MAILS.invite
  const usual = tagsOf(render(invite).html)
  fc.assert(
    fc.property(name, name, (organizationName, inviterName) => {
      expect(tagsOf(render(invite, { organizationName, inviterName }).html)).toEqual(usual)
    }),
    { numRuns: 300 },
  )
})

test('no name adds a line to a text part or to the subject, or turns it round', () => {
  const [invite] = MAILS.invite
  const lines = (text: string) => text.split(/[\r\n\u2028\u2029\u0085\v\f]/).length
  const usual = lines(render(invite).text)
  fc.assert(
    fc.property(name, name, (organizationName, inviterName) => {
      const { subject, text } = render(invite, { organizationName, inviterName })
      expect(lines(text)).toBe(usual)
      expect(subject).not.toMatch(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u)
    }),
    { numRuns: 300 },
  )
})
