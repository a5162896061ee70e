import { createContext, useContext } from 'react'
import type { Locale } from '../locale.ts'
import type { Messages } from '../messages/messages.ts'

/** Whose pages these are. */
export interface Branding {
  /** The host of this server, as people know it. */
  readonly service: string
  /** Known once a client, an invite or a person belongs to one. */
  readonly organization?: {
    readonly name: string
    readonly logoUrl?: string | null
    /** `#rrggbb` */
    readonly accentColor?: string | null
  }
}

/** What a person is on the way to, which every form sends back and every link of ours keeps. */
export interface Going {
  /** The id of the authorization request that is being answered. */
  readonly interaction?: string | undefined
  /** A path of this server to go on to afterwards. */
  readonly returnTo?: string | undefined
}

/** What every part of a page may need to know. */
export interface Frame {
  readonly messages: Messages
  readonly locale: Locale
  readonly branding: Branding
  readonly csrf: string
  readonly going: Going
}

const FrameContext = createContext<Frame | undefined>(undefined)

export const FrameProvider = FrameContext.Provider

export function useFrame(): Frame {
  const frame = useContext(FrameContext)
  if (!frame) throw new Error('A part of a page was rendered outside of a page')
  return frame
}

/** What goes along, by the names of its parameters. */
export const carried = ({ interaction, returnTo }: Going): Readonly<Record<string, string>> => ({
  ...(interaction !== undefined && { interaction }),
  ...(returnTo !== undefined && { return_to: returnTo }),
})

/** The path with what goes along, and more. */
export function withGoing(
  path: string,
  going: Going,
  parameters: Readonly<Record<string, string>> = {},
): string {
  const query = new URLSearchParams({ ...carried(going), ...parameters })
  return query.size > 0 ? `${path}?${query}` : path
}

export const useLink = (path: string, parameters?: Readonly<Record<string, string>>): string =>
  withGoing(path, useFrame().going, parameters)
