import { type AuditAction, record } from '../audit/index.ts'
import type { Origin, UnitsOfWork } from '../db/index.ts'
import { AppError } from '../kernel/index.ts'

export interface RefusedChange {
  readonly action: Extract<AuditAction, 'oidc.client.create' | 'oidc.client.update'>
  readonly organizationId: string
  /** Absent for one that was about to be made. */
  readonly clientId?: string
}

/**
 * Does `work`, and records where it is refused for a resource of another organization: whoever asks for that may be
 * after that organization's tokens. In a unit of work of its own, as the refusal undoes the one that it is thrown in.
 */
export async function recordingRefusedAudiences<Done>(
  deps: UnitsOfWork,
  origin: Origin,
  { change, work }: { readonly change: RefusedChange; readonly work: () => Promise<Done> },
): Promise<Done> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof AppError && 'audiences' in error.details) {
      const { action, organizationId, clientId } = change
      const { audiences } = error.details
      await deps.write(origin, (ctx) =>
        record(ctx, {
          action,
          outcome: 'failure',
          reason: 'resource_of_another_organization',
          organizationId,
          ...(clientId === undefined ? {} : { target: { type: 'client', id: clientId } }),
          details: { audiences },
        }),
      )
    }
    throw error
  }
}
