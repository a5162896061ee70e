import {
  beginOwnRegistration,
  CreatedCredential,
  codeGuessKey,
  completeOwnRegistration,
  enableOwnTotp,
  requirePresence,
  resumeOwnTotp,
  sessionCookies,
} from '../../authentication/index.ts'
import type { SignedInPerson } from '../../authorization-server/index.ts'
import { listCredentials, MAX_CREDENTIALS, secondFactorsOf } from '../../credentials/index.ts'
import { isComplianceOnly } from '../../http/index.ts'
import { AppError } from '../../kernel/index.ts'
import type { Answer, ShownPage } from '../answer.ts'
import { parseCredential } from '../credential-field.ts'
import type { Problem } from '../messages/problem.ts'
import type { PageDeps, PageRoute } from '../page-route.ts'
import { withGoing } from '../parts/frame.tsx'
import { PATHS } from '../paths.ts'
import { commonProblem } from '../problems.ts'
import { requirementOf } from '../requirement.ts'
import { asPerson, type Visit } from '../visit.ts'

/** A code is shorter; longer input is wrong without a look. */
const MAX_CODE_LENGTH = 64

interface Trouble {
  readonly problem?: Problem
  readonly codeProblem?: Problem
}

/** Setting up a second factor, of one's own accord or because an organization asks for it. */
export function enrolmentRoutes(deps: PageDeps): readonly PageRoute[] {
  const cookies = sessionCookies(deps.config)
  return [
    {
      method: 'GET',
      path: PATHS.enrol,
      limit: 'interaction',
      summary: 'Set up a second factor',
      handle: (visit) => withPerson(visit, (person) => show(visit, person)),
    },
    {
      method: 'POST',
      path: PATHS.enrolTotp,
      limit: 'totpVerify',
      summary: 'Set up an authenticator app',
      handle: (visit) =>
        withPerson(visit, async (person) => {
          const code = visit.form.text('code', MAX_CODE_LENGTH).trim()
          if (code === '') return wrong(visit, person, { codeProblem: { code: 'code_required' } })
          // Whoever has a session counts as a known device: strangers must not use up the owner's tries.
          const key = codeGuessKey({ userId: person.user.id, isKnown: true })
          await deps.rateLimits.spend('totpVerify', key)
          const input = { caller: person.caller, code }
          const enabled = await enableOwnTotp(deps, asPerson(visit, person), input)
          if (!enabled) return wrong(visit, person, { codeProblem: { code: 'totp_wrong' } })
          return done(visit, enabled)
        }),
      again: (visit, error) =>
        showAgain(visit, error, error.type === 'BAD_REQUEST' ? { code: 'totp_over' } : undefined),
    },
    {
      method: 'POST',
      path: PATHS.enrolPasskey,
      limit: 'passkey',
      summary: 'Set up a passkey or security key',
      handle: (visit) =>
        withPerson(visit, async (person) => {
          const response = parseCredential(CreatedCredential, visit.form)
          const input = { caller: person.caller, response, name: undefined }
          return done(visit, await completeOwnRegistration(deps, asPerson(visit, person), input))
        }),
      again: (visit, error) => showAgain(visit, error, passkeyProblem(error)),
    },
  ]

  /** Nobody adds a factor beside another one's without proving that: a stolen session must not. */
  async function withPerson(
    visit: Visit,
    work: (person: SignedInPerson) => Promise<Answer>,
  ): Promise<Answer> {
    const person = await visit.person()
    if (!person) return { location: withGoing(PATHS.signIn, backHere(visit)) }
    try {
      await requirePresence(deps, visit.origin, person.caller)
    } catch (error) {
      if (!(error instanceof AppError && error.type === 'STEP_UP_REQUIRED')) throw error
      return { location: withGoing(PATHS.secondFactor, { returnTo: withGoing(PATHS.enrol, visit.going) }) }
    }
    return work(person)
  }

  async function show(visit: Visit, person: SignedInPerson, trouble: Trouble = {}): Promise<ShownPage> {
    const { caller, user } = person
    const origin = asPerson(visit, person)
    const known = await deps.read(origin, async (ctx) => ({
      ...(await secondFactorsOf(ctx, user.id)),
      credentials: await listCredentials(ctx, user.id),
    }))
    const enrolment = await deps.write(origin, (ctx) => resumeOwnTotp(ctx, caller))
    const passkey =
      known.credentials.length < MAX_CREDENTIALS
        ? await deps.write(origin, (ctx) => beginOwnRegistration(ctx, caller))
        : undefined
    const requirement = requirementOf(caller, deps.clock.now())
    const isForced = isComplianceOnly(caller, deps.clock.now())
    return {
      page: {
        kind: 'enrol',
        ...(requirement && { requirement }),
        ...(passkey && { passkey }),
        totp: { ...enrolment, isReplacement: known.hasTotp },
        ...(!isForced && { laterHref: goOnPath(visit) }),
        ...trouble,
      },
    }
  }

  async function wrong(visit: Visit, person: SignedInPerson, trouble: Trouble): Promise<Answer> {
    return { ...(await show(visit, person, trouble)), status: 400 }
  }

  async function showAgain(
    visit: Visit,
    error: AppError,
    ofForm: Problem | undefined,
  ): Promise<Answer | undefined> {
    const person = await visit.person()
    const problem = commonProblem(error) ?? ofForm
    return person && problem && show(visit, person, { problem })
  }

  function done(
    visit: Visit,
    {
      backupCodes,
      session,
      token,
    }: Pick<Awaited<ReturnType<typeof completeOwnRegistration>>, 'backupCodes' | 'session' | 'token'>,
  ): Answer {
    const begun = [cookies.ofSession(session, token, deps.clock.now())]
    const goOnHref = goOnPath(visit)
    if (!backupCodes) return { location: goOnHref, cookies: begun }
    return { page: { kind: 'backup_codes', codes: backupCodes, goOnHref }, cookies: begun }
  }
}

/** Whatever was wrong with what the authenticator made, its model or its number: another one may do. */
const passkeyProblem = ({ type }: AppError): Problem | undefined =>
  ['BAD_REQUEST', 'VALIDATION_ERROR', 'AUTHORIZATION_ERROR', 'CONFLICT'].includes(type)
    ? { code: 'passkey_refused' }
    : undefined

/** Back to the application that waits, or to where the person came from. */
const goOnPath = ({ going }: Visit): string =>
  going.interaction === undefined
    ? (going.returnTo ?? PATHS.home)
    : withGoing(PATHS.signIn, { interaction: going.interaction })

const backHere = ({ going }: Visit) =>
  going.interaction === undefined ? { returnTo: withGoing(PATHS.enrol, going) } : going
