import HoldpointCore
import HoldpointEngine
import HoldpointPorts
import HoldpointTesting
import JSON
import Testing

/// Deadlines whose session could not act when they fell due.
struct DeadlineTests {
    @Test(.timeLimit(.minutes(1)))
    func `I3: a deadline that fails is tried again, however near the horizon is`() async throws {
        var scene = try await EngineScene()
        // The next attempt lies beyond the horizon, and no page of the journal brings a passed deadline again.
        scene.configure = { configuration in
            configuration.timerHorizonMilliseconds = 400
            configuration.timerRetryMilliseconds = 1_000
        }
        let body: JSONValue = ["type": "clarification", "title": "colour?", "expires_in": 5]
        try await scene.serving { [scene] engine in
            let id = try await scene.start(engine).state.identity.id
            _ = try await scene.open(engine, body, in: id)
            scene.faults.arm(.commitUnavailable)
            let view = try await scene.status(engine, of: id, becomes: .running)
            #expect(scene.faults.count(of: .commitUnavailable) == 1)
            #expect(view.state.sequence == 3)
        }
    }
}
