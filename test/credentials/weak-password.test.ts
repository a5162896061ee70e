import { expect, test } from 'bun:test'
import { refuseWeakPassword } from '../../src/credentials/index.ts'
import { AppError } from '../../src/kernel/index.ts'

const context = { email: 'alice@example.com', organizationNames: ['Umbrella'] }

/** The fields that a refusal names, and which passwords were looked up elsewhere. */
async function refusal(password: string, options: { isLeaked?: boolean; field?: 'new_password' } = {}) {
  const lookedUp: string[] = []
  const isLeakedPassword = async (candidate: string) => {
    lookedUp.push(candidate)
    return options.isLeaked ?? false
  }
  const field = options.field ? { field: options.field } : {}
  const error = await refuseWeakPassword({ isLeakedPassword }, password, { ...context, ...field }).catch(
    (thrown: unknown) => thrown,
  )
  const fields = error instanceof AppError ? Object.keys(error.details.fields as object) : []
  return { fields, lookedUp, message: error instanceof AppError ? JSON.stringify(error.details) : '' }
}

test('a good password passes after it was looked up', async () => {
  const password = 'correct horse 7 battery'
  expect(await refusal(password)).toEqual({ fields: [], lookedUp: [password], message: '' })
})

test.each(['kq7-Vd2', 'password1', 'alice was here 7', 'the umbrella is open'])(
  '%p breaks a rule, and is shown to nobody',
  async (password) => {
    const { fields, lookedUp, message } = await refusal(password)
    expect(fields).toEqual(['password'])
    expect(lookedUp).toEqual([])
    expect(message).not.toContain(password)
  },
)

test('a leaked one is refused on the field that it was sent in', async () => {
  const { fields } = await refusal('correct horse 7 battery', { isLeaked: true, field: 'new_password' })
  expect(fields).toEqual(['new_password'])
})

test('the codes of what is wrong stand beside the words, with the length that is asked for', async () => {
  const { message } = await refusal('kq7-Vd2')
  expect(JSON.parse(message)).toMatchObject({
    password_problems: ['password_too_short'],
    password_min_length: 8,
  })
  const leaked = await refusal('correct horse 7 battery', { isLeaked: true })
  expect(JSON.parse(leaked.message)).toMatchObject({ password_problems: ['password_leaked'] })
})
