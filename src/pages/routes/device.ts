import {
  answerDevice,
  getWaitingDevice,
  recordRefusedDevice,
  type SignedInPerson,
  type WaitingDevice,
} from '../../authorization-server/index.ts'
import type { AppError } from '../../kernel/index.ts'
import { displayUserCode } from '../../protocol/oauth/index.ts'
import { type Answer, applicationOf, type ShownPage } from '../answer.ts'
import { shownOn } from '../form-fields.ts'
import type { Problem } from '../messages/problem.ts'
import type { PageDeps, PageRoute } from '../page-route.ts'
import { withGoing } from '../parts/frame.tsx'
import { PATHS } from '../paths.ts'
import { commonProblem } from '../problems.ts'
import type { DeviceProps } from '../views/device.tsx'
import { asPerson, type Visit } from '../visit.ts'
import { whoMayGoOn } from '../who-may-go-on.ts'

/** A code has eight letters; people add dashes and spaces. */
const MAX_CODE_LENGTH = 64

/** Letting a device in that shows a code. RFC 8628 §3.3 */
export function deviceRoutes(deps: PageDeps): readonly PageRoute[] {
  return [
    {
      method: 'GET',
      path: PATHS.device,
      limit: 'interaction',
      summary: 'Enter the code of a device',
      handle: (visit) =>
        withPerson(visit, async () =>
          ask({ values: { userCode: visit.query.text('user_code', MAX_CODE_LENGTH) } }),
        ),
    },
    {
      method: 'POST',
      path: PATHS.device,
      limit: 'interaction',
      summary: 'Look at the device',
      handle: (visit) =>
        withPerson(visit, async (person) => {
          const userCode = codeOf(visit)
          if (userCode.trim() === '') return { ...askAgain(visit, { code: 'code_required' }), status: 400 }
          const waiting = await getWaitingDevice(deps, visit.origin, { caller: person.caller, userCode })
          const { refusal } = waiting
          if (!refusal) return confirm(waiting, person)
          await deps.write(asPerson(visit, person), (ctx) => recordRefusedDevice(ctx, waiting, refusal))
          return refuse(visit, waiting, person)
        }),
      again: async (visit, error) => sayAgain(visit, error),
    },
    {
      method: 'POST',
      path: PATHS.decideDevice,
      limit: 'interaction',
      summary: 'Let the device in, or not',
      handle: (visit) =>
        withPerson(visit, async (person) => {
          // Whatever is no clear yes is a no.
          const isAllowed = visit.form.text('decision') === 'allow'
          if (isAllowed && visit.form.text('session') !== person.session.id) {
            const asked = { caller: person.caller, userCode: codeOf(visit) }
            return { ...confirm(await getWaitingDevice(deps, visit.origin, asked), person), status: 409 }
          }
          const { client } = await answerDevice(deps, asPerson(visit, person), {
            caller: person.caller,
            userCode: codeOf(visit),
            shown: isAllowed ? shownOn(visit.form) : undefined,
          })
          return { client, page: { kind: 'device_decided', application: applicationOf(client), isAllowed } }
        }),
      async again(visit, error) {
        if (error.type === 'AUTHORIZATION_ERROR' && !commonProblem(error)) {
          const person = await visit.person()
          if (!person) return undefined
          const asked = { caller: person.caller, userCode: codeOf(visit) }
          return refuse(visit, await getWaitingDevice(deps, visit.origin, asked), person)
        }
        return sayAgain(visit, error)
      },
    },
  ]

  function withPerson(visit: Visit, work: (person: SignedInPerson) => Promise<Answer>): Promise<Answer> {
    return whoMayGoOn(deps, { visit, returnTo: returnPath(visit) }, work)
  }
}

const codeOf = ({ form }: Visit): string => form.text('user_code', MAX_CODE_LENGTH)

/** The code is not asked for twice because somebody had to sign in. */
function returnPath({ request, query, form }: Visit): string {
  const sent = request.method === 'POST' ? form : query
  const userCode = sent.find('user_code', MAX_CODE_LENGTH)
  return withGoing(PATHS.device, {}, userCode === undefined ? {} : { user_code: userCode })
}

const ask = (props: DeviceProps): ShownPage => ({ page: { kind: 'device', ...props } })

const askAgain = (visit: Visit, problem: Problem): ShownPage =>
  ask({ values: { userCode: codeOf(visit) }, problems: { user_code: problem } })

/** An answer to what is over, or not what was shown, leads back to the code. */
function sayAgain(visit: Visit, error: AppError): ShownPage | undefined {
  if (error.type === 'NOT_FOUND' || error.type === 'CONFLICT')
    return askAgain(visit, { code: 'user_code_wrong' })
  const problem = commonProblem(error)
  return problem && ask({ values: { userCode: codeOf(visit) }, problem })
}

/** Told before anything is asked, with the way to be somebody else. */
function refuse(visit: Visit, { client }: WaitingDevice, { user }: SignedInPerson): ShownPage {
  return {
    client,
    status: 403,
    going: { returnTo: returnPath(visit) },
    page: {
      kind: 'not_admitted',
      application: applicationOf(client),
      userEmail: user.email,
      isDevice: true,
    },
  }
}

function confirm({ device, client, asks }: WaitingDevice, { user, session }: SignedInPerson): ShownPage {
  return {
    client,
    page: {
      kind: 'device_confirm',
      application: applicationOf(client),
      userCode: displayUserCode(device.userCode),
      userEmail: user.email,
      sessionId: session.id,
      scopes: asks.scopes.map((name) => ({ name })),
      resources: asks.resources,
      requestedFrom: device.address ?? '',
      requestedAt: device.createdAt,
    },
  }
}
