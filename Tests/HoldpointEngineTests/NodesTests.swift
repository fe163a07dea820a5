import HoldpointCore
import HoldpointEngine
import HoldpointPorts
import HoldpointTesting
import JSON
import Testing

/// Several nodes over one store: who decides for which session, and what becomes of a node that is lost.
@Suite("Nodes that share a store", .timeLimit(.minutes(1))) struct NodesTests {
    private static func answer(
        _ engine: Engine, _ nodes: NodeScene, to request: RequestID, by principal: Principal = EngineScene.alice
    ) async throws -> RequestView {
        try await nodes.passing {
            try await nodes.scene.answer(engine, ["action": "approve"], to: request, by: principal)
        }
    }

    private static func waiting(
        _ engine: Engine, _ nodes: NodeScene, expiring: Bool = false
    ) async throws -> (SessionID, RequestID) {
        try await nodes.passing {
            let session = try await nodes.scene.start(engine).state.identity.id
            let permission: JSONValue =
                expiring
                ? SessionLifeTests.permission
                : ["type": "permission", "title": "Send it?", "tool": "send", "arguments": [:]]
            return (session, try await nodes.scene.open(engine, permission, in: session).request.id)
        }
    }

    @Test func `two nodes share the shards, and one that stops gives its own up`() async throws {
        let nodes = try await NodeScene()
        let (first, _) = try nodes.node("first")
        let (second, _) = try nodes.node("second")
        try await nodes.running(first) {
            try await nodes.until { await first.ownedShards == 256 }
            try await nodes.running(second) {
                try await nodes.until {
                    let counts = (await first.ownedShards, await second.ownedShards)
                    return counts == (128, 128)
                }
            }
            try await nodes.until { await first.ownedShards == 256 }
        }
    }

    @Test func `the sessions that start at a node are spread over all its shards`() async throws {
        let nodes = try await NodeScene()
        let (first, _) = try nodes.node("first")
        let (second, _) = try nodes.node("second")
        try await nodes.running(first) {
            try await nodes.until { await first.ownedShards == 256 }
            try await nodes.running(second) {
                try await nodes.until { await (first.ownedShards, second.ownedShards) == (128, 128) }
                for node in [first, second] {
                    var counts: [Shard: Int] = [:]
                    for _ in 0..<64 {
                        let started = try await nodes.passing { try await nodes.scene.start(node) }
                        counts[started.state.identity.key.shard, default: 0] += 1
                    }
                    // Neighbours own rows of shards: what falls beside one's own must not all come to the row's end.
                    #expect((counts.values.max() ?? 0) < 8)
                }
            }
        }
    }

    @Test func `I3: a node takes an answer for another one's session, and the owner decides`() async throws {
        let nodes = try await NodeScene()
        let (owner, _) = try nodes.node("owner")
        let (other, _) = try nodes.node("other")
        try await nodes.running(owner) {
            try await nodes.until { await owner.ownedShards == 256 }
            let started = try await Self.waiting(owner, nodes)
            let before = try await nodes.scene.log(of: started.0).count
            try await nodes.running(other) {
                let answered = try await Self.answer(other, nodes, to: started.1)
                #expect(answered.status == .answered)
                // The same person's repetition is the same answer, another's comes too late: whichever node is asked.
                #expect(try await Self.answer(owner, nodes, to: started.1).status == .answered)
                let refused = try await rejection {
                    try await Self.answer(other, nodes, to: started.1, by: EngineScene.bob)
                }
                #expect(refused.code == .alreadyAnswered)
                #expect(try await nodes.scene.log(of: started.0).count == before + 1)
                #expect(try await other.session(started.0, in: nodes.scene.scope).status == .running)
            }
        }
    }

    @Test func `I2: a node cut off from the store stops by itself, and another takes its sessions over`() async throws {
        let nodes = try await NodeScene()
        let (lost, line) = try nodes.node("lost")
        let (heir, _) = try nodes.node("heir")
        try await nodes.running(lost) {
            try await nodes.until { await lost.ownedShards == 256 }
            let (session, request) = try await Self.waiting(lost, nodes)
            line.cut()
            try await nodes.running(heir) {
                try await nodes.until { await heir.ownedShards == 256 }
                #expect(try await Self.answer(heir, nodes, to: request).status == .answered)
                // Its lease is over by its own clock, so it does not even look into what it has in memory.
                await #expect(throws: GatewayError.self) {
                    try await nodes.scene.answer(lost, ["action": "reject"], to: request, by: EngineScene.bob)
                }
                line.mend()
                let refused = try await rejection {
                    try await Self.answer(lost, nodes, to: request, by: EngineScene.bob)
                }
                #expect(refused.code == .alreadyAnswered)
                let types = try await nodes.scene.log(of: session).map(\.type.text)
                #expect(types == ["session_started", "hitl_requested", "hitl_responded"])
                try await nodes.until { await lost.ownedShards == 128 }
            }
        }
    }

    @Test func `a deadline that falls due while nobody owns the session fires at its next owner`() async throws {
        let nodes = try await NodeScene()
        let (lost, line) = try nodes.node("lost")
        let (heir, _) = try nodes.node("heir")
        try await nodes.running(lost) {
            try await nodes.until { await lost.ownedShards == 256 }
            let (session, _) = try await Self.waiting(lost, nodes, expiring: true)
            line.cut()
            nodes.scene.clock.advance(milliseconds: 1_800_000)
            try await nodes.running(heir) {
                try await nodes.until {
                    try await nodes.scene.log(of: session).last?.type.text == "hitl_expired"
                }
            }
            line.mend()
        }
    }

    @Test func `the start of a session under one id at two nodes is one session`() async throws {
        let nodes = try await NodeScene()
        let (first, _) = try nodes.node("first")
        let (second, _) = try nodes.node("second")
        try await nodes.running(first) {
            try await nodes.until { await first.ownedShards == 256 }
            try await nodes.running(second) {
                try await nodes.until { await second.ownedShards == 128 }
                let views = try await nodes.passing {
                    [
                        try await nodes.scene.start(first, id: "one", key: "k"),
                        try await nodes.scene.start(second, id: "one", key: "k"),
                    ]
                }
                #expect(views[0].state.identity.key == views[1].state.identity.key)
                #expect(try await nodes.scene.log(of: SessionID("one")).count == 1)
            }
        }
    }

    @Test func `I3: a stored start that comes second under its id gets its outcome at whichever node`() async throws {
        let nodes = try await NodeScene()
        let (first, _) = try nodes.node("first")
        let (second, _) = try nodes.node("second")
        try await nodes.running(first) {
            try await nodes.until { await first.ownedShards == 256 }
            try await nodes.running(second) {
                try await nodes.until { await second.ownedShards == 128 }
                var stored: [StoredCommandID] = []
                for (node, input) in [(first, 1), (second, 1), (second, 2)] as [(Engine, JSONValue)] {
                    let start = SessionStart(
                        id: try SessionID("one"), agent: nodes.scene.agent, input: input, labels: [:], onBehalfOf: nil)
                    let options = nodes.scene.options(respondAsync: true)
                    guard
                        case .stored(let id, _, _) = try await node.start(
                            start, in: nodes.scene.scope, options: options)
                    else { throw Surprise("it was decided at once") }
                    stored.append(id)
                }
                var outcomes: [StoredOutcome] = []
                for id in stored {
                    try await nodes.until {
                        try await first.storedCommand(id, in: nodes.scene.scope).outcome != nil
                    }
                    if let outcome = try await first.storedCommand(id, in: nodes.scene.scope).outcome {
                        outcomes.append(outcome)
                    }
                }
                #expect(outcomes.filter { $0 == .applied(.session(isNew: true)) }.count == 1)
                #expect(outcomes.count == 3)
                #expect(try await nodes.scene.log(of: SessionID("one")).count == 1)
            }
        }
    }
}
