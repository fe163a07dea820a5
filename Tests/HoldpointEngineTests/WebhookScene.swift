import HoldpointCore
import HoldpointEngine
import HoldpointPorts
import HoldpointTesting
import JSON

/// A receiver that answers as a test wishes, by the path of its URL.
final class Receiver: Sendable {
    private struct State: Sendable {
        var statuses: [String: Int] = [:]
        var held: [String: [CheckedContinuation<Void, Never>]] = [:]
        var holding: Set<String> = []
    }

    private let state = Guarded(State())
    let calls: ScriptedCalls

    init() {
        let state = state
        calls = ScriptedCalls { call, _ in
            await Self.hold(call, state)
            let status = state.withState { $0.statuses[call.url.path] ?? 200 }
            return ScriptedCalls.answer([:], to: call, status: status)
        }
    }

    /// What is answered from now on.
    func answer(_ status: Int, on path: String = "/hook") { state.withState { $0.statuses[path] = status } }

    /// Lets calls wait until they are let go.
    func hold(_ path: String) { _ = state.withState { $0.holding.insert(path) } }

    /// Lets them all be answered, and those that come.
    func letGo(_ path: String) {
        let held = state.withState { state -> [CheckedContinuation<Void, Never>] in
            state.holding.remove(path)
            return state.held.removeValue(forKey: path) ?? []
        }
        for continuation in held { continuation.resume() }
    }

    private static func hold(_ call: HTTPCall, _ state: Guarded<State>) async {
        await withCheckedContinuation { continuation in
            let isHeld = state.withState { state in
                guard state.holding.contains(call.url.path) else { return false }
                state.held[call.url.path, default: []].append(continuation)
                return true
            }
            if !isHeld { continuation.resume() }
        }
    }

    /// The calls that came, or those to one path.
    func seen(_ path: String = "/hook") -> [HTTPCall] { calls.sent.filter { $0.url.path == path } }

    /// Waits until so many came to a path.
    func wait(for count: Int, at path: String = "/hook") async throws {
        while seen(path).count < count {
            try Task.checkCancellation()
            await Task.yield()
        }
    }
}

extension HTTPCall {
    /// The body as JSON.
    var json: JSONValue { (try? JSONParser.parse(body ?? [])) ?? .null }

    /// The value of a header that is sent.
    func header(_ name: String) -> String? { headersToSend.first { $0.isNamed(name) }?.value }
}

extension EngineScene {
    /// A scene whose webhooks are told of by this receiver.
    static func telling(_ receiver: Receiver) async throws -> EngineScene {
        var scene = try await EngineScene()
        scene.calls = receiver.calls
        return scene
    }

    /// Makes the project's webhook; returns its secret.
    @discardableResult
    func hook(
        _ engine: Engine, _ url: String = "https://receiver.example/hook", types: [String]? = nil,
        isEnabled: Bool = true, in scope: Scope? = nil
    ) async throws -> WebhookSecret? {
        try await engine.putWebhook(
            WebhookDefinition(url: url, types: types, isEnabled: isEnabled), in: scope ?? self.scope
        ).secret
    }

    /// Starts a session and asks a human in it.
    @discardableResult
    func ask(_ engine: Engine, _ id: String) async throws -> RequestView {
        let session = try await start(engine, id: id)
        return try await open(
            engine, ["type": "clarification", "title": "Which?"], in: session.state.identity.id)
    }

    /// Waits until so many deliveries stand there, moving the clock in steps.
    @discardableResult
    func deliveries(
        _ status: DeliveryState.Status, count: Int, stepping milliseconds: Int64 = 0
    ) async throws -> [DeliveryRecord] {
        while true {
            let found = try await journal.deliveries(DeliveryQuery(status: status, limit: 1_000), in: scope)
            if found.count >= count { return found }
            try Task.checkCancellation()
            if milliseconds > 0 { clock.advance(milliseconds: milliseconds) }
            await Task.yield()
        }
    }
}
