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
    readonly accent?: string | null
  }
}

/** What every part of a page may need to know. */
export interface Frame {
  readonly messages: Messages
  readonly locale: Locale
  readonly branding: Branding
  readonly csrf: string
  readonly interaction: string | undefined
}

const FrameContext = createContext<Frame | undefined>(undefined)

export const FrameProvider = FrameContext.Provider

export function useFrame(): Frame {
  const frame = useContext(FrameContext)
  if (!frame) throw new Error('A part of a page was rendered outside of a page')
  return frame
}

/** The path with the interaction that is going on, so that a link does not lose it. */
export function useLink(path: string, parameters: Readonly<Record<string, string>> = {}): string {
  const { interaction } = useFrame()
  const query = new URLSearchParams({ ...(interaction !== undefined && { interaction }), ...parameters })
  return query.size > 0 ? `${path}?${query}` : path
}
