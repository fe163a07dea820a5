package import HoldpointCore
package import HoldpointPorts

/// A planted bug: of calls whose outcome is unknown it says that they did not leave, so that they are repeated without
/// anybody's word (against I7).
package struct LyingCaller: HTTPCaller {
    private let base: any HTTPCaller

    package init(_ base: any HTTPCaller) {
        self.base = base
    }

    package func perform(
        _ call: HTTPCall, isPermitted: @escaping @Sendable () -> Bool
    ) async -> HTTPCall.Outcome {
        let outcome = await base.perform(call, isPermitted: isPermitted)
        if case .unknown = outcome { return .notPerformed(.overloaded) }
        return outcome
    }
}
