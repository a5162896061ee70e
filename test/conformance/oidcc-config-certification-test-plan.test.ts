import { verifyDiscovery } from './discovery-modules.ts'
import { startOp } from './op.ts'
import { runPlan, tested } from './plan.ts'

runPlan('oidcc-config-certification-test-plan', {
  start: async () => ({ op: await startOp(), place: undefined }),
  modules: () => ({ 'oidcc-discovery-endpoint-verification': tested(verifyDiscovery) }),
})
