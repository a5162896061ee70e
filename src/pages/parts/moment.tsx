import { useFrame } from './frame.tsx'

/** A time as the language writes it, in UTC and saying so: where the reader is, nobody knows. */
export function Moment({ at }: { at: Date }) {
  const { dates } = useFrame().messages
  const format = new Intl.DateTimeFormat(dates, { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' })
  return <time dateTime={at.toISOString()}>{`${format.format(at)} UTC`}</time>
}

/** The day alone. */
export function useDay(at: Date): string {
  const { dates } = useFrame().messages
  return new Intl.DateTimeFormat(dates, { dateStyle: 'long', timeZone: 'UTC' }).format(at)
}

/** The time of day alone, in UTC and saying so. */
export function useTime(at: Date): string {
  const { dates } = useFrame().messages
  return `${new Intl.DateTimeFormat(dates, { timeStyle: 'short', timeZone: 'UTC' }).format(at)} UTC`
}
