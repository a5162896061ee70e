import { basicClients, basicModules } from './basic-modules.ts'
import { startOp } from './op.ts'
import { runPlan } from './plan.ts'

/** The modules of the Basic plan, each with response_mode=form_post. */
runPlan('oidcc-formpost-basic-certification-test-plan', {
  responseMode: 'form_post',
  async start() {
    const op = await startOp()
    return { op, place: await basicClients(op) }
  },
  modules: basicModules,
})
