/**
 * What organizations ask of how their members prove themselves, and how far each member does: security policies,
 * overrides for single members, compliance with its deadlines, reminders and reports.
 * Routes: /organizations/:id/security-policy, /mfa-compliance, /users/:userId/security-policy,
 * /members/:userId/send-mfa-reminder.
 * Invariants: what a member's row says of compliance is the verdict of `judge`, and changes together with the
 * history and the audit log; of several organizations the stricter wins; loosening a policy moves no deadline.
 */
export { type EvaluationDeps, evaluateDue } from './batches.ts'
export { mfaComplianceView } from './compliance.ts'
export {
  type EffectivePolicy,
  effectivePolicy,
  type PasswordPolicy,
  passwordPolicyFor,
} from './effective-policy.ts'
export { type Counts, evaluateUser } from './evaluate.ts'
export { policiesHandler } from './outbox.ts'
export { type RemainingFactors, requireRemovable } from './removal.ts'
export { policies } from './routes.ts'
export { MfaCompliance } from './schema.ts'
