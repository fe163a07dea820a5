import HoldpointCore
import HoldpointPorts
import HoldpointTesting
import JSON

/// The calls of one life of a node to services that live on when the node dies, and keep a ledger of what was done.
///
/// A service may be slow, refuse, or break off before or after it did what was asked. When it is broken off by a
/// living node, or when the time of a call is over, nothing more is done; when the node dies, what has left goes on.
struct NodeCalls: HTTPCaller {
    let world: World
    let executor: SeededExecutor

    func perform(_ call: HTTPCall, isPermitted: @escaping @Sendable () -> Bool) async -> HTTPCall.Outcome {
        guard executor.isAlive else {
            await Task.yield()
            return .notPerformed(.notPermitted)
        }
        let connection = Connection()
        return await withTaskCancellationHandler {
            // Unchecked: a call of a node that dies is never heard of again.
            await withUnsafeContinuation { continuation in
                connection.wait(continuation)
                world.startOutside {
                    let exchange = Exchange(
                        world: world, executor: executor, connection: connection, call: call, isPermitted: isPermitted)
                    connection.end(with: await exchange.run())
                }
            }
        } onCancel: {
            connection.cancel(isCut: executor.isAlive)
        }
    }
}

/// What both sides know of one call: whether it has left, and whether the caller still listens.
private final class Connection: Sendable {
    private struct State: Sendable {
        var hasLeft = false
        var isCut = false
        var outcome: HTTPCall.Outcome?
        var waiting: UnsafeContinuation<HTTPCall.Outcome, Never>?
    }

    private let state = Guarded(State())

    /// Whether it was broken off by a living caller, so that the service hears of it.
    var isCut: Bool { state.read { $0.isCut } }

    func cancel(isCut: Bool) {
        let hasLeft = state.withState { state in
            if state.outcome == nil { state.isCut = isCut }
            return state.hasLeft
        }
        end(with: hasLeft ? .unknown(.cancelled) : .notPerformed(.cancelled))
    }

    /// Says that the call leaves now; false if nobody waits for it any more.
    func leave() -> Bool {
        state.withState { state in
            state.hasLeft = state.outcome == nil
            return state.hasLeft
        }
    }

    func wait(_ continuation: UnsafeContinuation<HTTPCall.Outcome, Never>) {
        let known = state.withState { state -> HTTPCall.Outcome? in
            if state.outcome == nil { state.waiting = continuation }
            return state.outcome
        }
        if let known { continuation.resume(returning: known) }
    }

    /// The first outcome counts.
    func end(with outcome: HTTPCall.Outcome) {
        let waiting = state.withState { state -> UnsafeContinuation<HTTPCall.Outcome, Never>? in
            guard state.outcome == nil else { return nil }
            state.outcome = outcome
            defer { state.waiting = nil }
            return state.waiting
        }
        waiting?.resume(returning: outcome)
    }
}

/// One call at the side of the services.
private struct Exchange: Sendable {
    /// What becomes of a call.
    private enum Fate {
        case unreachable, overloaded, cutBefore, cutAfter, busy, slow, answered
    }

    let world: World
    let executor: SeededExecutor
    let connection: Connection
    let call: HTTPCall
    let isPermitted: @Sendable () -> Bool

    func run() async -> HTTPCall.Outcome {
        let time = call.limits.timeout.components
        let begun = world.clock.now()
        let deadline = begun.adding(
            milliseconds: time.seconds * 1_000 + time.attoseconds / 1_000_000_000_000_000)
        if world.isChaotic, world.chance.below(10) == 0 { await world.sleep(upTo: 300) }
        // Nothing leaves a machine that stands still; it goes on with the question whether it still may.
        while executor.isFrozen, executor.isAlive { await world.sleep(upTo: 200) }
        guard executor.isAlive, isPermitted() else { return .notPerformed(.notPermitted) }
        let fate = self.fate()
        switch fate {
        case .unreachable: return .notPerformed(.unreachable)
        case .overloaded: return .notPerformed(.overloaded)
        case .cutBefore, .cutAfter, .busy, .slow, .answered: break
        }
        guard connection.leave() else { return .notPerformed(.cancelled) }
        world.countCalls(1)
        defer { world.countCalls(-1) }
        world.note("\(call.method.rawValue) \(call.idempotencyKey) leaves")
        world.judge { model, store in
            model.catchUp(with: store)
            model.leave(call, begunAt: begun)
        }
        await work(until: deadline, isSlow: fate == .slow)
        guard world.clock.now() <= deadline, !connection.isCut, fate != .cutBefore else {
            return .unknown(fate == .cutBefore ? .cutOff : .timedOut)
        }
        if fate == .busy { return ScriptedCalls.answer(["busy": true], to: call, status: 503) }
        world.note("\(call.method.rawValue) \(call.idempotencyKey) is done")
        world.judge { model, store in
            model.catchUp(with: store)
            model.perform(call)
        }
        switch fate {
        case .cutAfter: return .unknown(.cutOff)
        case .slow:
            await world.clock.sleep(until: deadline)
            return .unknown(.timedOut)
        case .unreachable, .overloaded, .cutBefore, .busy, .answered:
            return ScriptedCalls.answer(["receipt": .string(call.idempotencyKey)], to: call)
        }
    }

    /// Takes the service's time, at most until the caller stops listening.
    private func work(until deadline: Timestamp, isSlow: Bool) async {
        let now = world.clock.now()
        let patience = Int(deadline.milliseconds - now.milliseconds)
        let milliseconds = isSlow ? patience * 5 / 4 : world.chance.below(4) == 0 ? 2_500 : 100
        let done = now.adding(milliseconds: Int64(1 + world.chance.below(milliseconds)))
        await world.clock.sleep(until: min(done, deadline.adding(milliseconds: 1)))
    }

    private func fate() -> Fate {
        guard world.isChaotic else { return .answered }
        switch world.chance.below(100) {
        case 0..<3: return .unreachable
        case 3..<6: return .overloaded
        case 6..<14: return .cutBefore
        case 14..<22: return .cutAfter
        case 22..<30: return .busy
        case 30..<40: return .slow
        default: return .answered
        }
    }
}
