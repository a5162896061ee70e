/** One line of a diagnosis. `mend` says what to do about it. */
export interface Finding {
  readonly level: 'ok' | 'warn' | 'fail'
  readonly subject: string
  readonly text: string
  readonly mend?: string
}

export const ok = (subject: string, text: string): Finding => ({ level: 'ok', subject, text })

export const warn = (subject: string, text: string, mend: string): Finding => ({
  level: 'warn',
  subject,
  text,
  mend,
})

export const fail = (subject: string, text: string, mend: string): Finding => ({
  level: 'fail',
  subject,
  text,
  mend,
})
