import { describe } from 'bun:test'
import { testDialects } from '../support/databases.ts'
import { basicClients, basicModules } from './basic-modules.ts'
import { startOp } from './op.ts'
import { runPlan } from './plan.ts'

describe.each(testDialects)('on $name', (dialect) => {
  runPlan('oidcc-basic-certification-test-plan', {
    async start() {
      const op = await startOp({ dialect })
      return { op, place: await basicClients(op) }
    },
    modules: basicModules,
  })
})
