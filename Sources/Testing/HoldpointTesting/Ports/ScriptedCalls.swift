package import HoldpointCore
import HoldpointPorts
package import JSON

/// A caller that asks a script what becomes of each call, and remembers what left.
package final class ScriptedCalls: HTTPCaller {
    private struct State: Sendable {
        var sent: [HTTPCall] = []
        var refused = 0
        var watchers: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let prepare: @Sendable (HTTPCall) async -> Void
    private let script: @Sendable (HTTPCall, Int) async -> HTTPCall.Outcome
    private let state = Guarded(State())

    /// Makes a caller.
    ///
    /// - Parameters:
    ///   - prepare: runs before the caller is asked whether the call may leave.
    ///   - script: says what becomes of a call that left, and of the how-manieth, from 1.
    package init(
        prepare: @escaping @Sendable (HTTPCall) async -> Void = { _ in },
        script: @escaping @Sendable (HTTPCall, Int) async -> HTTPCall.Outcome
    ) {
        self.prepare = prepare
        self.script = script
    }

    /// The calls that left, in order.
    package var sent: [HTTPCall] { state.read { $0.sent } }

    /// How many calls were not permitted to leave.
    package var refused: Int { state.read { $0.refused } }

    /// Waits until so many calls have left or were refused.
    package func waitForCalls(_ count: Int) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withState { state in
                if state.sent.count + state.refused >= count { return true }
                state.watchers.append((count, continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
    }

    package func perform(
        _ call: HTTPCall, isPermitted: @escaping @Sendable () -> Bool
    ) async -> HTTPCall.Outcome {
        await prepare(call)
        let isSent = isPermitted()
        let (number, watchers) = state.withState { state in
            if isSent { state.sent.append(call) } else { state.refused += 1 }
            let count = state.sent.count + state.refused
            let satisfied = state.watchers.filter { $0.count <= count }.map(\.continuation)
            state.watchers.removeAll { $0.count <= count }
            return (state.sent.count, satisfied)
        }
        for continuation in watchers { continuation.resume() }
        return isSent ? await script(call, number) : .notPerformed(.notPermitted)
    }

    /// An answer with a JSON document.
    package static func answer(_ content: JSONValue, to call: HTTPCall, status: Int = 200) -> HTTPCall.Outcome {
        .answered(
            HTTPCall.Answer(
                status: status, headers: [HTTPCall.Header(received: "Content-Type", "application/json")],
                body: content.serialized(), url: call.url))
    }
}
