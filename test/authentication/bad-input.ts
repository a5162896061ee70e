import { expect } from 'bun:test'
import { hex } from '../../src/kernel/index.ts'
import type { Answer, TestServer } from '../support/server.ts'

/** Whom an audit event is about, or by: somebody of the test by name, or nobody who is known. */
type Somebody = 'alice' | 'mallory' | 'nobody'
export type People = Readonly<Partial<Record<Somebody, { readonly id: string }>>>

interface ExpectedEvent {
  readonly action: string
  readonly reason: string
  readonly by: Somebody
  readonly about: Somebody
}

/** What is answered to bad input, what is recorded of it, and all that it changes. */
export interface Refusal {
  readonly answer: readonly [status: number, type: string]
  readonly details?: object
  readonly event: ExpectedEvent
  /** What the attempt itself leaves, as `differences` says it: a try that is counted, a challenge that is spent. */
  readonly leaves?: readonly string[]
}

/** Sends bad input, and expects the answer, exactly one event, and nothing half done. */
export async function expectRefusal(
  t: TestServer,
  people: People,
  { send, refusal }: { readonly send: () => Promise<Answer>; readonly refusal: Refusal },
): Promise<void> {
  const before = await snapshot(t)
  const known = new Set((await eventsSince(t, new Set())).map(({ id }) => id))
  const { status, body } = await send()
  expect([status, body.error?.type]).toEqual([...refusal.answer])
  if (refusal.details) expect(body.error.details).toEqual(refusal.details)
  const told = (await eventsSince(t, known)).map(({ action, outcome, reason, actorId, targetId }) => {
    const nameOf = (id: string | null) =>
      id === null ? 'nobody' : Object.entries(people).find(([, person]) => person.id === id)?.[0]
    return { action, outcome, reason, by: nameOf(actorId), about: nameOf(targetId) }
  })
  expect(told).toEqual([{ ...refusal.event, outcome: 'failure' }])
  expect(differences(before, await snapshot(t))).toEqual([...(refusal.leaves ?? [])].sort())
}

/** What is written in addition to the events that are known, oldest first. */
export async function eventsSince(t: TestServer, known: ReadonlySet<string>) {
  const rows = await t.read(({ reader }) => reader.select().from(reader.t.auditEvent))
  return rows.filter(({ id }) => !known.has(id)).sort((a, b) => a.id.localeCompare(b.id))
}

/** Every table that a sign-in, an enrolment or a step-up writes to, with what names a row there. */
const TABLES = {
  user: ['id'],
  password: ['userId'],
  totpCredential: ['userId'],
  backupCode: ['userId', 'digest'],
  webauthnCredential: ['id'],
  webauthnChallenge: ['digest'],
  signInAttempt: ['id'],
  secondFactorFailure: ['userId', 'isKnownDevice'],
  session: ['id'],
  knownDevice: ['userId', 'digest'],
  apiKey: ['id'],
  member: ['organizationId', 'userId'],
  outboxMessage: ['id'],
} as const

type TableName = keyof typeof TABLES
type Snapshot = ReadonlyMap<TableName, ReadonlyMap<string, Readonly<Record<string, string>>>>

export async function snapshot(t: TestServer): Promise<Snapshot> {
  const tables = Object.keys(TABLES) as TableName[]
  return t.read(async ({ reader }) => {
    const all = new Map<TableName, Map<string, Record<string, string>>>()
    for (const table of tables) {
      const rows: readonly object[] = await reader.select().from(reader.t[table])
      const told = rows.map((row) => Object.fromEntries(Object.entries(row).map(([k, v]) => [k, textOf(v)])))
      all.set(table, new Map(told.map((row) => [TABLES[table].map((key) => row[key]).join(), row])))
    }
    return all
  })
}

const textOf = (value: unknown): string =>
  value instanceof Uint8Array ? hex(value) : (JSON.stringify(value) ?? 'undefined')

/** `+table`, `-table` for a row that has come or gone, `table.column: 0 → 1` for one that has changed. */
export function differences(before: Snapshot, after: Snapshot): string[] {
  return [...before.keys()].flatMap((table) => differencesIn(table, before, after)).sort()
}

function differencesIn(table: TableName, before: Snapshot, after: Snapshot): string[] {
  const old = before.get(table) ?? new Map()
  const young = after.get(table) ?? new Map()
  const come = [...young.keys()].filter((key) => !old.has(key)).map(() => `+${table}`)
  const rest = [...old].flatMap(([key, row]) => {
    const now = young.get(key)
    if (!now) return [`-${table}`]
    const changed = Object.keys(row).filter((column) => row[column] !== now[column])
    return changed.map((column) => `${table}.${column}: ${row[column]} → ${now[column]}`)
  })
  return [...come, ...rest]
}
