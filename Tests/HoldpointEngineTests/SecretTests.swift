import HoldpointCore
import HoldpointEngine
import HoldpointPorts
import HoldpointTesting
import JSON
import Testing

@Suite("Secret answers") struct SecretTests {
    static let secret = "s3cr3t-value-nobody-may-see"
    static let question: JSONValue = [
        "type": "env_var", "title": "The key?", "tool": "deploy",
        "fields": [["name": "API_KEY"], ["name": "REGION", "secret": false]],
    ]
    static let answer: JSONValue = ["values": ["API_KEY": .string(secret), "REGION": "eu"]]

    @Test(.timeLimit(.minutes(1))) func `I9: a secret answer is stored nowhere in plain form`() async throws {
        let scene = try await EngineScene()
        try await scene.serving { engine in
            let session = try await scene.start(engine)
            let id = session.state.identity.id
            let first = try await scene.open(engine, Self.question, in: id).request.id
            let second = try await scene.open(engine, Self.question, in: id).request.id
            let view = try await scene.answer(engine, Self.answer, to: first)
            #expect(view.closing?.response?["values"]?["REGION"] == "eu")
            let stored = try await scene.storeAnswer(engine, Self.answer, to: second)
            _ = try await scene.outcome(engine, of: stored)
            #expect(!Self.isSeen(in: scene.journal.contents))
        }
    }

    @Test(.timeLimit(.minutes(1))) func `I9: a box that leaks is what that test finds`() async throws {
        var scene = try await EngineScene()
        scene.secretBox = LeakySecretBox(scene.secretBox)
        let shared = scene
        try await shared.serving { engine in
            let session = try await shared.start(engine)
            let request = try await shared.open(engine, Self.question, in: session.state.identity.id).request.id
            _ = try await shared.answer(engine, Self.answer, to: request)
            #expect(Self.isSeen(in: shared.journal.contents))
        }
    }

    @Test(.timeLimit(.minutes(1))) func `I9: only the opener gets a secret, until the session ends`() async throws {
        let scene = try await EngineScene()
        try await scene.serving { engine in
            let session = try await scene.start(engine)
            let id = session.state.identity.id
            let request = try await scene.open(engine, Self.question, in: id).request.id
            _ = try await scene.answer(engine, Self.answer, to: request, by: EngineScene.bob)
            let values = try await engine.secrets(of: request, in: scene.scope, caller: EngineScene.alice)
            #expect(values.map(\.name) == ["API_KEY"])
            #expect(values.map(\.value) == [Self.secret])
            let refused = try await rejection {
                try await engine.secrets(of: request, in: scene.scope, caller: EngineScene.bob)
            }
            #expect(refused.code == .notTheOpener)
            _ = try await engine.command(
                .complete(output: .null), to: id, in: scene.scope, options: scene.options())
            let gone = try await rejection {
                try await engine.secrets(of: request, in: scene.scope, caller: EngineScene.alice)
            }
            #expect(gone.code == .secretNotFound)
        }
    }

    @Test(.timeLimit(.minutes(1))) func `I9: what does not fit is said without the value`() async throws {
        let scene = try await EngineScene()
        try await scene.serving { engine in
            let session = try await scene.start(engine)
            let question: JSONValue = [
                "type": "env_var", "title": "The key?", "tool": "deploy",
                "fields": [["name": "API_KEY", "pattern": "^[0-9]+$"]],
            ]
            let request = try await scene.open(engine, question, in: session.state.identity.id).request.id
            let refused = try await rejection {
                try await scene.answer(engine, ["values": ["API_KEY": .string(Self.secret)]], to: request)
            }
            #expect(refused.code == .invalidAnswer)
            #expect(refused.violations.map(\.pointer.description) == ["/values/API_KEY"])
            #expect(!"\(refused)".contains(Self.secret))
            #expect(try await engine.request(request, in: scene.scope).status == .pending)
        }
    }

    /// Whether the secret is found in anything that the store holds.
    private static func isSeen(in contents: MemoryStore) -> Bool {
        let needle = Array(secret.utf8)
        var haystacks: [[UInt8]] = []
        for session in contents.sessions.values {
            haystacks += session.events.map(\.data)
            if let snapshot = session.snapshot { haystacks.append(snapshot.state) }
        }
        haystacks += contents.inbox.values.map(\.command.sealed)
        return haystacks.contains { haystack in
            haystack.indices.contains { haystack[$0...].starts(with: needle) }
        }
    }
}
