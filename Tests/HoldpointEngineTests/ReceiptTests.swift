import HoldpointCore
import HoldpointEngine
import HoldpointPorts
import HoldpointTesting
import JSON
import Testing

/// What a caller gets who asks for the receipt of a decision.
@Suite("Receipts", .timeLimit(.minutes(1))) struct ReceiptTests {
    /// Asks for a receipt while time goes on.
    private func ask(_ engine: Engine, for request: RequestID, _ scene: EngineScene) async throws -> Receipt {
        try await withThrowingTaskGroup(of: Receipt?.self) { group in
            group.addTask { try await engine.receipt(of: request, in: scene.scope) }
            group.addTask {
                while !Task.isCancelled {
                    scene.clock.advance(milliseconds: 20)
                    for _ in 0..<50 { await Task.yield() }
                }
                return nil
            }
            defer { group.cancelAll() }
            while let value = try await group.next() {
                if let value { return value }
            }
            throw Surprise("no receipt came")
        }
    }

    /// Asks for a receipt, again whenever it is late: on a busy machine time runs faster here than the work.
    private func receipt(_ engine: Engine, of request: RequestID, _ scene: EngineScene) async throws -> Receipt {
        while true {
            do {
                return try await ask(engine, for: request, scene)
            } catch GatewayError.unavailable {
                try Task.checkCancellation()
            }
        }
    }

    @Test(
        arguments: [
            (["action": "approve"], ["to": "ann", "amount": 7]),
            (["action": "edit", "arguments": ["to": "bob"]], ["to": "bob"]), (["action": "reject"], nil),
        ] as [(JSONValue, JSONValue?)])
    func `I7: a receipt shows what was proposed and what was approved`(
        response: JSONValue, approved: JSONValue?
    ) async throws {
        let scene = try await EngineScene.auditing()
        try await scene.serving { engine in
            let session = try await scene.start(engine).state.identity.id
            let request = try await scene.open(engine, EngineScene.permission, in: session).request.id
            _ = try await scene.answer(engine, response, to: request)
            let receipt = try await receipt(engine, of: request, scene)
            #expect(try scene.check(receipt).faults == [])
            #expect(receipt.proposed == ["to": "ann", "amount": 7])
            #expect(receipt.approved == approved)
            let statement = receipt.statement.value
            #expect(statement["by"] == "key:alice")
            #expect(statement["tool"] == "send")
            #expect(statement["risk"] == "high")
            #expect(statement["session"]?.stringValue == session.text)
            #expect((statement["approved_digest"] == nil) == (approved == nil))
        }
    }

    @Test func `I8: silence has a receipt that says that nobody approved`() async throws {
        let scene = try await EngineScene.auditing()
        try await scene.serving { engine in
            let session = try await scene.start(engine).state.identity.id
            var body = try #require(EngineScene.permission.objectValue)
            body["expires_in"] = 10
            let request = try await scene.open(engine, .object(body), in: session).request.id
            while try await engine.request(request, in: scene.scope).status == .pending {
                try Task.checkCancellation()
                scene.clock.advance(milliseconds: 1_000)
                await Task.yield()
            }
            let receipt = try await receipt(engine, of: request, scene)
            #expect(try scene.check(receipt).faults == [])
            #expect(receipt.approved == nil)
            #expect(receipt.statement.value["result"] == "expired")
            #expect(receipt.statement.value["by"] == "system:engine")
        }
    }

    @Test func `I5: what is pending, unknown or another project's has no receipt`() async throws {
        let scene = try await EngineScene.auditing()
        try await scene.serving { engine in
            let session = try await scene.start(engine).state.identity.id
            let request = try await scene.open(engine, EngineScene.permission, in: session).request.id
            let pending = try await rejection { try await engine.receipt(of: request, in: scene.scope) }
            #expect(pending.code == .notDecided)
            _ = try await scene.answer(engine, ["action": "reject"], to: request)
            try await scene.audited()
            let foreign = try await rejection { try await engine.receipt(of: request, in: scene.otherScope) }
            #expect(foreign.code == .requestNotFound)
            let unknown = RequestID(time: Timestamp(milliseconds: 0), random: Identifier128(high: 0, low: 9))
            let missing = try await rejection { try await engine.receipt(of: unknown, in: scene.scope) }
            #expect(missing.code == .requestNotFound)
        }
    }

    @Test func `a caller waits for the audit, is woken by it, and is told when it is late`() async throws {
        let scene = try await EngineScene.auditing()
        let latch = Latch()
        var held = scene
        held.decorate = { AppendingJournal(base: $0) { .held(latch) } }
        try await held.serving { engine in
            let session = try await scene.start(engine).state.identity.id
            let request = try await scene.open(engine, EngineScene.permission, in: session).request.id
            _ = try await scene.answer(engine, ["action": "approve"], to: request)
            do {
                _ = try await ask(engine, for: request, scene)
                Issue.record("a receipt came before the audit")
            } catch GatewayError.unavailable(_, let retryAfter) {
                #expect(retryAfter == .seconds(1))
            }
            latch.open()
            #expect(try scene.check(try await receipt(engine, of: request, scene)).faults == [])
        }
    }

    @Test func `the log is read in pages that fit one another, and its end is signed`() async throws {
        let scene = try await EngineScene.auditing()
        try await scene.serving { engine in
            for number in 0..<4 { _ = try await scene.start(engine, id: "s-\(number)") }
            try await scene.audited()
            var rows: [ExportedAudit] = []
            var after: Int64 = 0
            while true {
                let page = try await engine.auditLog(in: scene.scope, after: after, limit: 3)
                rows += page.items
                guard let next = page.nextCursor.flatMap({ Int64($0) }) else { break }
                after = next
            }
            #expect(rows.map(\.row) == scene.auditLog())
            #expect(rows.map(\.previous) == [.zero] + scene.auditLog().dropLast().map(\.hash))
            #expect(try await engine.auditLog(in: scene.scope, after: 4, limit: 3).items.isEmpty)
            #expect(try await engine.auditLog(in: scene.otherScope, after: 0, limit: 3).items.isEmpty)
            let signed = try await engine.auditHead(in: scene.scope)
            var writer = JSONWriter()
            signed.write(into: &writer)
            let (_, head) = try SignedAuditHead.read(
                try JSONParser.parse(writer.bytes), key: engine.signingKey.publicKey, verifier: EngineScene.signer,
                hasher: SimulatedHasher())
            #expect(head == scene.auditLog().last?.head)
        }
    }
}
