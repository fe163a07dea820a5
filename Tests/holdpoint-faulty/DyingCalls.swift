import HoldpointCore
import HoldpointPorts

/// The calls of effects, with death before they leave, while they are under way, and when their outcome is there.
struct DyingCalls: HTTPCaller {
    let base: any HTTPCaller
    let trigger: FaultTrigger

    func perform(_ call: HTTPCall, isPermitted: @escaping @Sendable () -> Bool) async -> HTTPCall.Outcome {
        trigger.pass(.beforeDispatch)
        let outcome = await base.perform(call) { [trigger] in
            let isPermitted = isPermitted()
            if isPermitted { trigger.passSoon(.duringDispatch) }
            return isPermitted
        }
        trigger.pass(.afterDispatch)
        return outcome
    }
}
