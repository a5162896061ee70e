import type { HTMLInputTypeAttribute, ReactNode } from 'react'
import { type Problem, sayProblem } from '../messages/problem.ts'
import { carried, useFrame } from './frame.tsx'
import { Icon } from './icons.tsx'

/** A form of ours: always a POST, with the CSRF token and what the person is on the way to. */
export function Form({ action, children }: { action: string; children: ReactNode }) {
  return (
    <form method="post" action={action}>
      <OwnFields />
      {children}
    </form>
  )
}

/** What each form of ours sends beside its entries. Never in a form that goes to another server. */
export function OwnFields() {
  const { csrf, going } = useFrame()
  return (
    <>
      <Hidden name="csrf" value={csrf} />
      {Object.entries(carried(going)).map(([name, value]) => (
        <Hidden key={name} name={name} value={value} />
      ))}
    </>
  )
}

export const Hidden = ({ name, value }: { name: string; value: string }) => (
  <input type="hidden" name={name} value={value} />
)

interface FieldProps {
  /** Also the id: a page has one visible form. */
  readonly name: string
  readonly label: string
  readonly type?: HTMLInputTypeAttribute
  readonly autoComplete: string
  readonly inputMode?: 'numeric' | 'text'
  /** What was entered before; never of a password. */
  readonly value?: string | undefined
  readonly hint?: string | undefined
  readonly problem?: Problem | undefined
  readonly isOptional?: boolean
  readonly isFocused?: boolean
  readonly className?: string
}

/** A labelled entry; what is wrong with it is said next to it and read out with it. WCAG 2.2 §3.3.1 */
export function Field(props: FieldProps) {
  const { name, label, type = 'text', hint, problem, isOptional = false, isFocused = false } = props
  const { messages } = useFrame()
  const described = [problem && `${name}-problem`, hint && `${name}-hint`].filter(Boolean).join(' ')
  const isCode = props.inputMode !== undefined
  return (
    <div className="field">
      <label htmlFor={name}>
        {label} {isOptional && <span className="aside">({messages.fields.optional})</span>}
      </label>
      <input
        id={name}
        name={name}
        type={type}
        className={props.className}
        autoComplete={props.autoComplete}
        inputMode={props.inputMode}
        defaultValue={props.value}
        required={!isOptional}
        aria-invalid={problem ? true : undefined}
        aria-describedby={described || undefined}
        autoCapitalize={isCode || type === 'email' ? 'none' : undefined}
        spellCheck={isCode || type === 'email' ? false : undefined}
        // biome-ignore lint/a11y/noAutofocus: the one entry that a page is about, or the first that is wrong.
        autoFocus={isFocused}
      />
      {problem && <ProblemText id={`${name}-problem`} text={sayProblem(messages, problem)} />}
      {hint && (
        <p className="aside" id={`${name}-hint`}>
          {hint}
        </p>
      )}
    </div>
  )
}

export const Checkbox = ({ name, label, isChecked }: CheckboxProps) => (
  <label className="checkbox">
    <input type="checkbox" name={name} value="on" defaultChecked={isChecked} />
    <span>{label}</span>
  </label>
)

interface CheckboxProps {
  readonly name: string
  readonly label: string
  readonly isChecked: boolean
}

/** A button that sends its form. `name` and `value` tell which of several was pressed. */
export const Submit = ({ children, kind = 'primary', name, value, label }: SubmitProps) => (
  <button type="submit" className={`button ${kind}`} name={name} value={value} aria-label={label}>
    {children}
  </button>
)

interface SubmitProps {
  readonly children: ReactNode
  readonly kind?: 'primary' | 'secondary' | 'row'
  /** Read out in place of the text, where several buttons have the same. WCAG 2.2 §2.4.6 */
  readonly label?: string
  readonly name?: string
  readonly value?: string
}

/** What is wrong with the form as a whole: above it, and read out as the page opens. */
export function FormProblem({ problem }: { problem: Problem | undefined }) {
  const { messages } = useFrame()
  return (
    problem && (
      <div className="callout danger" role="alert">
        <Icon name="warning" />
        <p>{sayProblem(messages, problem)}</p>
      </div>
    )
  )
}

const ProblemText = ({ id, text }: { id: string; text: string }) => (
  <p className="problem" id={id}>
    <Icon name="warning" />
    <span>{text}</span>
  </p>
)

/** The entry to put the cursor in: the first that is wrong, else the one that is said. */
export const focusOf = <Name extends string>(
  order: readonly Name[],
  problems: Partial<Readonly<Record<Name, Problem>>>,
  otherwise?: Name,
): Name | undefined => order.find((name) => problems[name] !== undefined) ?? otherwise
