import { describe, expect, test } from 'bun:test'
import {
  type Decision,
  decide,
  freshAfter,
  type PresentPerson,
  type Situation,
} from '../../src/authorization-server/decide.ts'
import { completeClientMetadata } from '../../src/protocol/oauth/index.ts'

const NOW = new Date('2030-01-01T12:00:00Z')
const EARLIER = new Date('2030-01-01T11:00:00Z')
const ONE = 'urn:authy2:acr:1fa'
const TWO = 'urn:authy2:acr:2fa'
const PHR = 'urn:authy2:acr:phr'
const NO_CLAIMS = { userinfo: [], idToken: [] }
const EMAIL_CLAIM = { userinfo: [{ name: 'email', isEssential: false, values: [] }], idToken: [] }

interface Case {
  readonly request?: Partial<Situation['request']>
  readonly client?: Partial<Situation['client']>
  /** null: nobody is signed in. */
  readonly person?: Partial<PresentPerson> | null
  readonly session?: Partial<PresentPerson['session']>
  readonly freshAfter?: Date
  readonly chosenSessionId?: string
}

const MEMBER = { role: 'member', status: 'active', departmentIds: ['d1'] } as const
const AGREED = { agreedScopes: ['openid', 'email', 'offline_access'] }
const CONFIDENTIAL = completeClientMetadata({ redirect_uris: ['https://wiki.example.com/callback'] })
const NATIVE = { ...CONFIDENTIAL, token_endpoint_auth_method: 'none' as const }
const LOOPBACK = { redirectUri: 'http://127.0.0.1:49152/callback' }
const PRIVATE = { redirectUri: 'com.acme.mobile:/callback' }
const naming = (resources: string[]) => ({ areOpen: true, toAgreeTo: resources, ofOthers: resources })
const anybody = { membersOnly: false, roles: [], departmentIds: [] }
const members = { membersOnly: true, roles: [], departmentIds: [] }

function outcomeOf(given: Case): string {
  const session = { id: 's1', authenticatedAt: EARLIER, acr: ONE, ...given.session } as const
  const decision = decide({
    request: {
      prompt: [],
      scope: ['openid', 'email'],
      claims: NO_CLAIMS,
      acr: { values: [], isEssential: false },
      redirectUri: 'https://wiki.example.com/callback',
      ...given.request,
    },
    client: { access: anybody, consent: 'required', metadata: CONFIDENTIAL, ...given.client },
    person:
      given.person === null
        ? undefined
        : {
            session,
            subject: 'alice',
            isComplianceOnly: false,
            reachableAcr: session.acr,
            standing: undefined,
            agreedScopes: [],
            agreedResources: [],
            resources: { areOpen: true, toAgreeTo: [], ofOthers: [] },
            ...given.person,
          },
    freshAfter: given.freshAfter ?? null,
    chosenSessionId: given.chosenSessionId ?? null,
  })
  return inWords(decision)
}

function inWords(decision: Decision): string {
  if (decision.next === 'error') return decision.error.code
  if (decision.next === 'sign_in') return `sign_in: ${decision.reason}`
  if (decision.next === 'second_factor') return `second_factor: ${decision.acr}`
  if (decision.next !== 'code') return decision.next
  const scope = decision.scope.join(' ')
  return `code: ${decision.acr}${scope === 'openid email' ? '' : ` for ${scope}`}`
}

describe('an authorization request', () => {
  test.each<[string, Case, string, string]>([
    ['of nobody', { person: null }, 'sign_in: nobody_signed_in', 'login_required'],
    ['of somebody who never agreed', {}, 'consent', 'consent_required'],
    ['of somebody who agreed', { person: AGREED }, `code: ${ONE}`, `code: ${ONE}`],
    [
      'for less than was agreed to',
      { person: AGREED, request: { scope: ['openid'] } },
      `code: ${ONE} for openid`,
      `code: ${ONE} for openid`,
    ],
    [
      'for more than was agreed to',
      { person: AGREED, request: { scope: ['openid', 'profile'] } },
      'consent',
      'consent_required',
    ],
    [
      'for a claim beyond what was agreed to',
      { person: { agreedScopes: ['openid'] }, request: { scope: ['openid'], claims: EMAIL_CLAIM } },
      'consent',
      'consent_required',
    ],
    [
      'for a resource beyond what was agreed to',
      {
        person: {
          ...AGREED,
          agreedResources: ['https://a.example/'],
          resources: naming(['https://b.example/']),
        },
      },
      'consent',
      'consent_required',
    ],
    [
      'for a resource that was agreed to',
      {
        person: {
          ...AGREED,
          agreedResources: ['https://a.example/'],
          resources: naming(['https://a.example/']),
        },
      },
      `code: ${ONE}`,
      `code: ${ONE}`,
    ],
    [
      'for a resource that is not open',
      { person: { ...AGREED, resources: { ...naming(['https://a.example/']), areOpen: false } } },
      'invalid_target',
      'invalid_target',
    ],
    [
      'of a member, whose organization cannot decide about a resource of others',
      {
        client: { consent: 'first_party', access: members },
        person: { standing: MEMBER, resources: naming(['https://a.example/']) },
      },
      'consent',
      'consent_required',
    ],
    [
      'of a member for a resource of their organization, which spares them the question',
      {
        client: { consent: 'first_party', access: members },
        person: { standing: MEMBER, resources: { ...naming(['https://a.example/']), ofOthers: [] } },
      },
      `code: ${ONE}`,
      `code: ${ONE}`,
    ],
    [
      'for offline access, which is agreed to each time',
      { person: AGREED, request: { scope: ['openid', 'offline_access'] } },
      'consent',
      `code: ${ONE} for openid`,
    ],
    [
      'for offline access and more than was agreed to',
      { person: AGREED, request: { scope: ['openid', 'profile', 'offline_access'] } },
      'consent',
      'consent_required',
    ],
    // RFC 8252 §8.6: once any program on the device could have had a code without anybody seeing it.
    [
      'of a native app that comes back to this device, of somebody who agreed',
      { client: { metadata: NATIVE }, person: AGREED, request: LOOPBACK },
      'consent',
      'consent_required',
    ],
    [
      'of a native app with a scheme of its own, of somebody who agreed',
      { client: { metadata: NATIVE }, person: AGREED, request: PRIVATE },
      'consent',
      'consent_required',
    ],
    [
      'of a public client that is known by its address, of somebody who agreed',
      { client: { metadata: NATIVE }, person: AGREED },
      `code: ${ONE}`,
      `code: ${ONE}`,
    ],
    [
      'of an app on this device that proves itself, of somebody who agreed',
      { person: AGREED, request: LOOPBACK },
      `code: ${ONE}`,
      `code: ${ONE}`,
    ],
    [
      'of a native app for whose members its organization answers',
      {
        client: { metadata: NATIVE, consent: 'first_party', access: members },
        person: { standing: MEMBER },
        request: LOOPBACK,
      },
      `code: ${ONE}`,
      `code: ${ONE}`,
    ],
    [
      'for offline access and nothing else',
      { person: AGREED, request: { scope: ['offline_access'] } },
      'consent',
      'consent_required',
    ],
    [
      'for offline access of a member, whose organization spares them the question',
      {
        client: { consent: 'first_party', access: members },
        person: { standing: MEMBER },
        request: { scope: ['openid', 'offline_access'] },
      },
      `code: ${ONE} for openid offline_access`,
      `code: ${ONE} for openid offline_access`,
    ],
    [
      'of a member, whose organization spares them the question',
      { client: { consent: 'first_party', access: members }, person: { standing: MEMBER } },
      `code: ${ONE}`,
      `code: ${ONE}`,
    ],
    [
      'of a member to act as them, which is more than their organization can decide',
      {
        client: { consent: 'first_party', access: members },
        person: { standing: MEMBER },
        request: { scope: ['openid', 'organizations:read'] },
      },
      'consent',
      'consent_required',
    ],
    [
      'of a member to act as them, to which they have agreed',
      {
        client: { consent: 'first_party', access: members },
        person: { standing: MEMBER, agreedScopes: ['organizations:read'] },
        request: { scope: ['openid', 'organizations:read', 'offline_access'] },
      },
      `code: ${ONE} for openid organizations:read offline_access`,
      `code: ${ONE} for openid organizations:read offline_access`,
    ],
    [
      'of a stranger, for whom the organization cannot decide',
      { client: { consent: 'first_party' } },
      'consent',
      'consent_required',
    ],
    ['of a stranger to members only', { client: { access: members } }, 'not_admitted', 'access_denied'],
    [
      'of a suspended member',
      { person: { ...AGREED, standing: { ...MEMBER, status: 'suspended' } } },
      'not_admitted',
      'access_denied',
    ],
    [
      'of somebody who has to enrol',
      { person: { ...AGREED, isComplianceOnly: true } },
      'enrol',
      'interaction_required',
    ],
    [
      'of a session that is too old',
      { person: AGREED, freshAfter: NOW },
      'sign_in: sign_in_again',
      'login_required',
    ],
    [
      'of a session that is new enough',
      { person: AGREED, session: { authenticatedAt: NOW }, freshAfter: NOW },
      `code: ${ONE}`,
      `code: ${ONE}`,
    ],
    [
      'about somebody else',
      { person: AGREED, request: { subject: 'bob' } },
      'sign_in: somebody_else',
      'login_required',
    ],
    [
      'about the very person',
      { person: AGREED, request: { subject: 'alice' } },
      `code: ${ONE}`,
      `code: ${ONE}`,
    ],
    [
      'that wishes for two factors, of somebody who has them',
      { person: { ...AGREED, reachableAcr: TWO }, request: { acr: { values: [TWO], isEssential: false } } },
      `second_factor: ${TWO}`,
      `code: ${ONE}`,
    ],
    [
      'that wishes for two factors, of somebody who has one',
      { person: AGREED, request: { acr: { values: [TWO], isEssential: false } } },
      `code: ${ONE}`,
      `code: ${ONE}`,
    ],
    [
      'that insists on two factors, of somebody who has them',
      { person: { ...AGREED, reachableAcr: PHR }, request: { acr: { values: [TWO], isEssential: true } } },
      `second_factor: ${TWO}`,
      'interaction_required',
    ],
    [
      'that insists on two factors, of somebody who has one',
      { person: AGREED, request: { acr: { values: [TWO], isEssential: true } } },
      'unmet_authentication_requirements',
      'unmet_authentication_requirements',
    ],
    [
      'that insists on what nobody knows',
      { person: AGREED, request: { acr: { values: ['urn:example:gold'], isEssential: true } } },
      'unmet_authentication_requirements',
      'unmet_authentication_requirements',
    ],
    [
      'that wishes for what nobody knows',
      { person: AGREED, request: { acr: { values: ['urn:example:gold'], isEssential: false } } },
      `code: ${ONE}`,
      `code: ${ONE}`,
    ],
    [
      'that insists on two factors, of somebody who proved more: told what it asked for',
      { person: AGREED, session: { acr: PHR }, request: { acr: { values: [TWO], isEssential: true } } },
      `code: ${TWO}`,
      `code: ${TWO}`,
    ],
    [
      'that takes any of several classes',
      { person: AGREED, session: { acr: TWO }, request: { acr: { values: [PHR, TWO], isEssential: true } } },
      `code: ${TWO}`,
      `code: ${TWO}`,
    ],
  ])('%s', (_, given, interactively, silently) => {
    expect(outcomeOf(given)).toBe(interactively)
    expect(outcomeOf({ ...given, request: { ...given.request, prompt: ['none'] } })).toBe(silently)
  })

  test.each<[string, Case, string]>([
    ['prompt=consent asks who agreed before', { request: { prompt: ['consent'] } }, 'consent'],
    [
      'prompt=consent asks members, too',
      {
        request: { prompt: ['consent'] },
        client: { consent: 'first_party' },
        person: { ...AGREED, standing: MEMBER },
      },
      'consent',
    ],
    [
      'prompt=select_account asks who is meant',
      { request: { prompt: ['select_account'] } },
      'select_account',
    ],
    [
      'prompt=select_account takes the session that was chosen',
      { request: { prompt: ['select_account'] }, chosenSessionId: 's1' },
      `code: ${ONE}`,
    ],
    [
      'prompt=select_account does not take one that was chosen before it changed',
      { request: { prompt: ['select_account'] }, chosenSessionId: 's0' },
      'select_account',
    ],
  ])('%s', (_, given, expected) => {
    expect(outcomeOf({ person: AGREED, ...given })).toBe(expected)
  })

  test.each<[string, Situation['client']['access'], Partial<typeof MEMBER> | undefined, boolean]>([
    ['all members: a member', members, MEMBER, true],
    ['a role: another role', { ...members, roles: ['admin'] }, MEMBER, false],
    ['a department: one of it', { ...members, departmentIds: ['d1'] }, MEMBER, true],
    ['a department: one of another', { ...members, departmentIds: ['d2'] }, MEMBER, false],
    [
      'a role or a department: one of it',
      { ...members, roles: ['admin'], departmentIds: ['d1'] },
      MEMBER,
      true,
    ],
    ['all members: a stranger', members, undefined, false],
  ])('of an application for %s', (_, access, standing, isAdmitted) => {
    const person = { ...AGREED, standing: standing && { ...MEMBER, ...standing } }
    expect(outcomeOf({ client: { access }, person })).toBe(isAdmitted ? `code: ${ONE}` : 'not_admitted')
  })
})

describe('how fresh a sign-in has to be', () => {
  test.each<[string, Parameters<typeof freshAfter>[0], Date | null]>([
    ['not at all', { prompt: [], maxAgeSeconds: undefined }, null],
    ['after the request with prompt=login', { prompt: ['login'], maxAgeSeconds: 3_600 }, NOW],
    ['at most max_age before it', { prompt: [], maxAgeSeconds: 3_600 }, EARLIER],
    ['not at all with a max_age beyond every session', { prompt: [], maxAgeSeconds: 2 ** 53 - 1 }, null],
    ['after it with max_age=0', { prompt: [], maxAgeSeconds: 0 }, NOW],
  ])('%s', (_, request, expected) => {
    expect(freshAfter(request, NOW)).toEqual(expected)
  })
})
