/** The middle of the sorted values; of an even number the lower middle. */
export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? Number.NaN

/** The value below which `fraction` of them lie (nearest rank). */
export const percentile = (values: readonly number[], fraction: number): number =>
  [...values].sort((a, b) => a - b)[Math.max(0, Math.ceil(values.length * fraction) - 1)] ?? Number.NaN

export interface Row {
  readonly what: string
  readonly value: string
  /** What it is held against, as `≥ 15 %`. Absent: for information only. */
  readonly target?: string
  readonly holds?: boolean
}

export interface Result {
  readonly name: string
  readonly rows: readonly Row[]
  /** Every single measurement, for the JSON file. */
  readonly samples: Readonly<Record<string, readonly number[]>>
}

export function renderTable({ name, rows }: Result): string {
  const width = Math.max(...rows.map((row) => row.what.length))
  const valueWidth = Math.max(...rows.map((row) => row.value.length))
  const lines = rows.map(({ what, value, target, holds }) => {
    const verdict = target === undefined ? '' : `  ${target}  ${holds ? 'holds' : 'MISSED'}`
    return `  ${what.padEnd(width)}  ${value.padStart(valueWidth)}${verdict}`
  })
  return `${name}\n${lines.join('\n')}`
}

export const perSecond = (value: number): string => `${Math.round(value).toLocaleString('en')} /s`
export const percent = (value: number): string => `${(value * 100).toFixed(1)} %`
export const times = (value: number): string => `${value.toFixed(2)} ×`
