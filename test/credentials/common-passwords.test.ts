import { expect, test } from 'bun:test'
import { isCommonPassword } from '../../src/credentials/common-passwords.ts'

test.each(['password', '123456', 'qwertyuiop', 'iloveyou', 'P@ssw0rd', 'PASSWORD123', 'trustno1'])(
  '%s is a common password, in whatever case',
  async (password) => expect(await isCommonPassword(password)).toBe(true),
)

test.each(['correct horse battery staple', 'AdminPass123!', 'Zürich-Regen-58', '', 'kq7-Vd2x'])(
  '%p is not a common password',
  async (password) => expect(await isCommonPassword(password)).toBe(false),
)

test.each(['password","12345678', '","', '\\', '123456"', '[', '"'])(
  '%p is looked for as a whole, whatever it means in the file of the list',
  async (password) => expect(await isCommonPassword(password)).toBe(false),
)
