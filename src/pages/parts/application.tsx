import { imageAddress } from './addresses.ts'
import { Icon } from './icons.tsx'
import { shown } from './shown.ts'

/** Who asks: an OAuth client, as people know it. */
export interface Application {
  readonly name: string
  readonly logoUrl?: string | null
}

/** The application's picture, or a plain sign; its name stands next to it in words. */
export const ApplicationSign = ({ application }: { application: Application }) => (
  <Picture url={application.logoUrl} size={56} fallback={<Icon name="app" />} />
)

/** A picture of somebody else's in a box of our own size, so that nothing moves when it has come. */
export function Picture({ url, size, fallback }: PictureProps) {
  const address = imageAddress(url)
  if (address === undefined) return fallback
  return <img src={address} alt="" width={size} height={size} referrerPolicy="no-referrer" decoding="async" />
}

interface PictureProps {
  readonly url: string | null | undefined
  readonly size: number
  readonly fallback: React.ReactNode
}

/** A name of somebody else's, in a direction of its own. */
export const Name = ({ text }: { text: string }) => <bdi>{shown(text)}</bdi>
