import type { Page } from '../../src/pages/render-page.tsx'

/** Said by strangers: `words` stands for every text on the pages that one of them can choose. */
export type Words = (what: string) => string

const GRAFANA = { name: 'Grafana', logoUrl: 'https://grafana.example.com/logo.svg' }

/** Every page in every state that looks different, by a name for files and tests. */
export const samples = (words: Words = (what) => what): Readonly<Record<string, Page>> => {
  const application = { name: words(GRAFANA.name), logoUrl: GRAFANA.logoUrl }
  const email = words('bob@acme-corp.com')
  const scopes = [
    { name: 'openid' },
    { name: 'profile', values: [words('Bob Builder')] },
    { name: 'email', values: [email] },
    { name: 'offline_access' },
    { name: words('dashboards:write'), description: words('Change your dashboards') },
    { name: words('alerts') },
  ]
  return {
    'sign-in': { kind: 'sign_in', mayRegister: true },
    'sign-in-for-application': {
      kind: 'sign_in',
      application,
      values: { email, rememberMe: true },
      passkey: REQUEST_OPTIONS,
      providers: [
        { kind: 'google', name: 'Google', href: '/api/v1/auth/external/google/authorize?flow=login' },
        { kind: 'github', name: 'GitHub', href: '/api/v1/auth/external/github/authorize?flow=login' },
        { kind: 'microsoft', name: 'Microsoft', href: '/api/v1/auth/external/microsoft/authorize' },
        { kind: 'saml', name: words('Acme Single Sign-On'), href: '/saml/1/login' },
      ],
      mayRegister: true,
    },
    'sign-in-by-passkey': { kind: 'sign_in', application, passkey: REQUEST_OPTIONS, mayRegister: true },
    'sign-in-wrong': {
      kind: 'sign_in',
      application,
      values: { email },
      problem: { code: 'credentials_wrong' },
    },
    'sign-in-empty': {
      kind: 'sign_in',
      notice: 'session_ended',
      problems: { email: { code: 'email_required' }, password: { code: 'password_required' } },
    },
    'sign-in-slowed': {
      kind: 'sign_in',
      values: { email },
      problem: { code: 'too_many_attempts', retryAfterSeconds: 90 },
    },
    'sign-in-not-allowed': {
      kind: 'sign_in',
      values: { email },
      problem: { code: 'method_not_allowed', organization: words('Acme Corporation') },
    },
    'sign-in-again': { kind: 'sign_in', application, onlyEmail: email, passkey: REQUEST_OPTIONS },
    'sign-in-after-reset': { kind: 'sign_in', notice: 'password_changed', values: { email } },
    'second-factor-passkey': {
      kind: 'second_factor',
      email,
      isAgain: false,
      methods: ['webauthn', 'totp', 'backup_code'],
      method: 'webauthn',
      passkey: REQUEST_OPTIONS,
    },
    'second-factor-totp': {
      kind: 'second_factor',
      email,
      isAgain: false,
      methods: ['totp', 'backup_code'],
      method: 'totp',
    },
    'second-factor-wrong': {
      kind: 'second_factor',
      email,
      isAgain: false,
      methods: ['totp', 'backup_code'],
      method: 'totp',
      codeProblem: { code: 'totp_wrong' },
    },
    'second-factor-backup-code': {
      kind: 'second_factor',
      email,
      isAgain: false,
      methods: ['totp', 'backup_code'],
      method: 'backup_code',
    },
    'second-factor-again': {
      kind: 'second_factor',
      email,
      isAgain: true,
      methods: ['totp'],
      method: 'totp',
    },
    'sign-in-for-device': { kind: 'sign_in', errand: 'device' },
    'sign-in-for-invite': { kind: 'sign_in', errand: 'invite' },
    'choose-session': {
      kind: 'choose_session',
      application,
      sessions: [
        { id: words('1'), email, fullName: words('Bob Builder') },
        { id: '2', email: words('carol@acme-corp.com'), fullName: null },
      ],
    },
    register: { kind: 'register', application, minimumPasswordLength: 8 },
    'register-invited': {
      kind: 'register',
      invite: { token: words('a2i_token'), organizationName: words('Acme Corporation'), maskedEmail: email },
      minimumPasswordLength: 12,
    },
    'register-wrong': {
      kind: 'register',
      minimumPasswordLength: 12,
      values: { email, fullName: words('Bob') },
      problems: {
        email: { code: 'email_taken' },
        password: { code: 'password_too_short', minimum: 12 },
        password_confirm: { code: 'passwords_differ' },
      },
    },
    'forgot-password': { kind: 'forgot_password', values: { email } },
    'forgot-password-wrong': {
      kind: 'forgot_password',
      values: { email: words('bob') },
      problems: { email: { code: 'email_invalid' } },
    },
    'mail-sent-reset': { kind: 'mail_sent', mail: 'reset_password', email },
    'mail-sent-verify': { kind: 'mail_sent', mail: 'verify_email', email, isSignedIn: true },
    'mail-sent-again': {
      kind: 'mail_sent',
      mail: 'verify_email',
      email,
      isSignedIn: true,
      sentAgainAt: new Date('2026-11-27T09:30:00Z'),
    },
    'reset-password': { kind: 'reset_password', token: words('a2p_token'), email, minimumPasswordLength: 8 },
    'reset-password-wrong': {
      kind: 'reset_password',
      token: words('a2p_token'),
      minimumPasswordLength: 8,
      problems: { password: { code: 'password_common' } },
    },
    recover: { kind: 'recover', token: words('a2p_token'), minimumPasswordLength: 8 },
    'verify-email': { kind: 'verify_email', token: words('a2v_token'), purpose: 'verify' },
    'change-email': { kind: 'verify_email', token: words('a2v_token'), purpose: 'change' },
    'email-verified': { kind: 'email_verified', goOnHref: '/login' },
    invite: { kind: 'invite', ...INVITE(words), user: { email, isInvited: true } },
    'invite-signed-out': { kind: 'invite', ...INVITE(words), mayRegister: true },
    'invite-other-user': { kind: 'invite', ...INVITE(words), user: { email, isInvited: false } },
    enrol: {
      kind: 'enrol',
      requirement: { organizationName: words('Acme Corporation'), deadlineAt: LATER, isDue: true },
      passkey: CREATION_OPTIONS,
      totp: TOTP,
    },
    'enrol-app-wrong': {
      kind: 'enrol',
      requirement: { organizationName: words('Acme Corporation'), deadlineAt: LATER, isDue: false },
      totp: TOTP,
      codeProblem: { code: 'totp_wrong' },
      laterHref: '/login/continue',
    },
    'enrol-passkey': { kind: 'enrol', passkey: CREATION_OPTIONS, problem: { code: 'passkey_refused' } },
    'backup-codes': {
      kind: 'backup_codes',
      codes: Array.from({ length: 10 }, (_, index) => `${index}k7qd-x3mfp`),
      goOnHref: '/login/continue',
    },
    home: {
      kind: 'home',
      email,
      isVerified: true,
      organizations: [words('Acme Corporation'), words('Road Runner')],
      hasSecondFactor: true,
      applications: [
        { ...application, id: words('g1'), since: LATER },
        { name: words('Nightly report'), id: 'g2', since: LATER },
      ],
      moreHref: '/?cursor=abc',
    },
    'home-unfinished': {
      kind: 'home',
      email,
      isVerified: false,
      organizations: [],
      hasSecondFactor: false,
      requirement: { organizationName: words('Acme Corporation'), deadlineAt: LATER },
      problem: { code: 'unavailable' },
    },
    'not-admitted-device': { kind: 'not_admitted', application, userEmail: email, isDevice: true },
    'not-admitted': { kind: 'not_admitted', application: { name: words('Grafana') }, userEmail: email },
    'enrol-replacing': { kind: 'enrol', totp: { ...TOTP, isReplacement: true }, laterHref: '/' },
    consent: {
      kind: 'consent',
      application: {
        ...application,
        organizationName: words('Acme Corporation'),
        policyUrl: 'https://grafana.example.com/privacy',
        termsUrl: 'https://grafana.example.com/terms',
      },
      destination: words('grafana.example.com'),
      userEmail: email,
      sessionId: '01a20965-5043-72d9-8f0a-a5c11ef6cbc1',
      scopes,
      resources: [],
    },
    'consent-unknown': {
      kind: 'consent',
      application: { name: words('Notes'), organizationName: null, logoUrl: 'https://notes.example/a.png' },
      destination: words('com.example.notes'),
      userEmail: email,
      sessionId: '01a20965-5043-72d9-8f0a-a5c11ef6cbc1',
      scopes: scopes.slice(0, 1),
      resources: ['https://files.example.com/mcp', 'urn:example:printer'],
    },
    device: { kind: 'device' },
    'device-wrong': {
      kind: 'device',
      values: { userCode: words('WDJB-MJHT') },
      problems: { user_code: { code: 'user_code_wrong' } },
    },
    'device-confirm': {
      kind: 'device_confirm',
      application: { name: words('Acme command line') },
      userCode: words('WDJB-MJHT'),
      userEmail: email,
      sessionId: '01a20965-5043-72d9-8f0a-a5c11ef6cbc1',
      scopes: scopes.slice(0, 3),
      resources: ['https://files.example.com/'],
      requestedFrom: words('203.0.113.7'),
      requestedAt: LATER,
    },
    'device-allowed': { kind: 'device_decided', application, isAllowed: true },
    'device-denied': { kind: 'device_decided', application, isAllowed: false },
    'sign-out': { kind: 'sign_out', email, application, request: words('sealed') },
    'signed-out': {
      kind: 'signed_out',
      application: { ...application, url: 'https://grafana.example.com/' },
    },
    'signed-out-of-nothing': { kind: 'signed_out' },
    'hand-over': {
      kind: 'hand_over',
      application,
      to: 'https://grafana.example.com/callback?code=abc&state=x',
    },
    'hand-over-form': {
      kind: 'hand_over',
      application,
      to: 'https://grafana.example.com/callback',
      fields: { code: 'abc', state: words('xyz') },
    },
    problem: {
      kind: 'problem',
      code: 'redirect_mismatch',
      requestId: words('01970000-0000-7000-8000-000000000000'),
      application: { ...application, url: 'https://grafana.example.com/' },
      technical: { error: words('invalid_request'), description: words('redirect_uri is not registered') },
    },
    'problem-internal': { kind: 'problem', code: 'internal', requestId: words('01970000') },
  }
}

/** The one of that name. */
export function sample(name: string, words?: Words): Page {
  const page = samples(words)[name]
  if (!page) throw new Error(`There is no sample ${name}`)
  return page
}

const LATER = new Date('2030-02-01T12:30:00Z')

const INVITE = (words: Words) => ({
  token: words('a2i_token'),
  organization: { name: words('Acme Corporation'), logoUrl: 'https://acme-corp.example/logo.png' },
  inviterName: words('Carol Danvers'),
  role: 'member' as const,
  email: words('bob@acme-corp.com'),
  expiresAt: LATER,
})

const TOTP = {
  secret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP',
  otpauthUri:
    'otpauth://totp/Authy2:bob%40acme-corp.com?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Authy2&algorithm=SHA1&digits=6&period=30',
}

const REQUEST_OPTIONS = {
  challenge: 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8',
  rpId: 'localhost',
  userVerification: 'required' as const,
  timeout: 300_000,
}

const CREATION_OPTIONS = {
  challenge: 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8',
  rp: { id: 'localhost', name: 'Authy2' },
  user: { id: 'AZcAAAAAcACAAAAAAAAAAA', name: 'bob@acme-corp.com', displayName: 'Bob Builder' },
  pubKeyCredParams: [{ type: 'public-key' as const, alg: -7 }],
  authenticatorSelection: { residentKey: 'preferred' as const, userVerification: 'preferred' as const },
  attestation: 'none' as const,
}
