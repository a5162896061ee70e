import type { ReactNode } from 'react'
import { useFrame } from './frame.tsx'
import { Icon, type IconName } from './icons.tsx'
import { shown } from './shown.ts'

interface CardProps {
  readonly title: string
  readonly lead?: ReactNode
  /** Stands above the title: a sign, or the application that it is about. */
  readonly sign?: IconName | ReactNode
  /** Something on the page is wrong: said first in its title, which is read out first. */
  readonly hasProblem?: boolean
  readonly children?: ReactNode
}

/** What a page is about: its title, also in the browser's tab, one sentence, and the rest. */
export function Card({ title, lead, sign, hasProblem = false, children }: CardProps) {
  const { messages, branding } = useFrame()
  const owner = shown(branding.organization?.name ?? branding.service)
  return (
    <>
      <title>{`${hasProblem ? messages.titleOfError(title) : title} · ${owner}`}</title>
      {sign !== undefined && <div className="sign">{isIcon(sign) ? <Icon name={sign} /> : sign}</div>}
      <h1>{title}</h1>
      {lead && <p className="lead">{lead}</p>}
      {children}
    </>
  )
}

const isIcon = (sign: CardProps['sign']): sign is IconName => typeof sign === 'string'

/** Something to know before going on. */
export const Callout = ({ kind, children }: { kind: 'success' | 'warning'; children: ReactNode }) => (
  <div className={`callout ${kind}`} role={kind === 'success' ? 'status' : undefined}>
    <Icon name={kind === 'success' ? 'check' : 'warning'} />
    <div>{children}</div>
  </div>
)

/** Names and their values, one beside the other. */
export const Facts = ({ facts }: { facts: readonly (readonly [name: string, value: ReactNode])[] }) => (
  <dl className="facts">
    {facts.map(([name, value]) => (
      <div key={name}>
        <dt>{name}</dt>
        <dd>{value}</dd>
      </div>
    ))}
  </dl>
)

/** A link that looks like a button: it goes somewhere and changes nothing. */
export const ButtonLink = ({ href, kind = 'primary', children }: ButtonLinkProps) => (
  <a className={`button ${kind}`} href={href}>
    {children}
  </a>
)

interface ButtonLinkProps {
  readonly href: string
  readonly kind?: 'primary' | 'secondary'
  readonly children: ReactNode
}
