import type { RequestParameters } from './parameters.ts'
import { parseResources } from './resource.ts'
import { optionalScope } from './scope.ts'
import { displayUserCode } from './user-code.ts'

export interface DeviceAuthorizationRequest {
  readonly scope: readonly string[] | undefined
  readonly resources: readonly string[]
}

export interface DeviceAuthorization {
  readonly deviceCode: string
  readonly userCode: string
  readonly verificationUri: string
  readonly lifetimeSeconds: number
  readonly intervalSeconds: number
}

/** Throws invalid_scope and invalid_target. RFC 8628 §3.1 */
export const parseDeviceAuthorizationRequest = (
  parameters: RequestParameters,
): DeviceAuthorizationRequest => ({
  scope: optionalScope(parameters),
  resources: parseResources(parameters),
})

/** The complete URI carries the code for a QR picture; the person still has to compare and confirm it. RFC 8628 §3.2, §3.3.1 */
export function encodeDeviceAuthorization(authorization: DeviceAuthorization) {
  const userCode = displayUserCode(authorization.userCode)
  return {
    device_code: authorization.deviceCode,
    user_code: userCode,
    verification_uri: authorization.verificationUri,
    verification_uri_complete: `${authorization.verificationUri}?${new URLSearchParams({ user_code: userCode })}`,
    expires_in: authorization.lifetimeSeconds,
    interval: authorization.intervalSeconds,
  }
}
