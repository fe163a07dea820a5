import HoldpointCore
import HoldpointEngine
import HoldpointPorts
import HoldpointTesting
import JSON
import Testing

/// Each event of a feed is audited once, whatever dies.
@Suite("Audit logs", .timeLimit(.minutes(1))) struct AuditTests {
    /// A session that asks twice, is answered once, and ends.
    private func run(_ engine: Engine, _ scene: EngineScene, id: String) async throws -> [RequestID] {
        let session = try await scene.start(engine, id: id).state.identity.id
        let first = try await scene.open(engine, EngineScene.permission, in: session).request.id
        _ = try await scene.answer(engine, ["action": "approve"], to: first)
        let second = try await scene.open(engine, EngineScene.permission, in: session).request.id
        _ = try await engine.command(.complete(output: .null), to: session, in: scene.scope, options: scene.options())
        return [first, second]
    }

    @Test func `every event of a project's feed is audited, in its order, and decisions are signed`() async throws {
        let scene = try await EngineScene.auditing()
        try await scene.serving { engine in
            let requests = try await run(engine, scene, id: "one") + (try await run(engine, scene, id: "two"))
            try await scene.audited()
            #expect(scene.faultOfAudit() == nil)
            let decided = scene.auditLog().filter { $0.signature != nil }
            #expect(Set(decided.compactMap(\.request)) == Set(requests))
            #expect(scene.auditLog(of: scene.otherScope) == [])
            #expect(await engine.statistics().rowsAudited == scene.auditLog().count)
            // The last doorbells may have come after the audit, and ask for another look.
            while await engine.statistics().projectsToAudit > 0 {
                try Task.checkCancellation()
                scene.clock.advance(milliseconds: 100)
                await Task.yield()
            }
            #expect(await engine.statistics().auditMilliseconds == 0)
        }
    }

    @Test func `what an earlier release left without audit is audited at the next start`() async throws {
        let scene = try await EngineScene.auditing()
        var silent = scene
        silent.decorate = { AppendingJournal(base: $0) { .failed } }
        try await silent.serving { engine in
            for number in 0..<5 { _ = try await run(engine, scene, id: "old-\(number)") }
        }
        #expect(scene.auditLog() == [])
        var paged = scene
        paged.configure = { configuration in
            configuration.auditPage = 3
            configuration.auditPages = 2
        }
        try await paged.serving { _ in try await scene.audited() }
        #expect(scene.faultOfAudit() == nil)
        #expect(scene.auditLog().count == 30)
    }

    @Test(arguments: [0, 1, 2])
    func `an append that fails, or of which nobody hears, makes nothing come twice and nothing be missed`(
        seed: Int
    ) async throws {
        let scene = try await EngineScene.auditing()
        let count = Guarded(seed)
        var failing = scene
        failing.configure = { $0.auditPage = 2 }
        failing.decorate = { base in
            AppendingJournal(base: base) {
                let number = count.withState { count in
                    count += 1
                    return count
                }
                return [.made, .failed, .unheard][number % 3]
            }
        }
        try await failing.serving { engine in
            for number in 0..<6 { _ = try await run(engine, scene, id: "s-\(number)") }
            try await scene.audited()
        }
        #expect(scene.faultOfAudit() == nil)
        #expect(count.withState { $0 } > 20)
    }

    @Test func `I2: what an auditor that lost its shards has still under way is refused`() async throws {
        let scene = try await EngineScene.auditing()
        let latch = Latch()
        var first = scene
        first.decorate = { AppendingJournal(base: $0) { .held(latch) } }
        let old = try first.engine()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await old.run() }
            await scene.clock.waitForSleepers(5)
            _ = try await run(old, scene, id: "one")
            // It has read and is about to write; another life takes up the store now.
            while latch.arrivals == 0 {
                try Task.checkCancellation()
                scene.clock.advance(milliseconds: 100)
                await Task.yield()
            }
            try await scene.serving { engine in
                try await scene.audited()
                _ = try await run(engine, scene, id: "two")
                try await scene.audited()
                latch.open()
                await old.stop()
                #expect(scene.faultOfAudit() == nil)
                #expect(scene.auditLog().count == 12)
            }
            try? await group.waitForAll()
        }
        #expect(scene.faultOfAudit() == nil)
    }

    @Test func `I4: without a single doorbell everything is audited by the sweep`() async throws {
        let scene = try await EngineScene.auditing()
        scene.faults.arm(.doorbellLost, times: 1_000)
        try await scene.serving { engine in
            _ = try await run(engine, scene, id: "one")
            try await scene.audited()
        }
        #expect(scene.faultOfAudit() == nil)
    }

    @Test func `with room for one project, one request and one event at a time, everything is audited as well`()
        async throws
    {
        let scene = try await EngineScene.auditing()
        var narrow = scene
        narrow.configure = { configuration in
            configuration.auditProjects = 1
            configuration.auditRequests = 1
            configuration.auditPage = 1
            configuration.auditPages = 1
            configuration.auditedAtOnce = 1
            configuration.auditSweepPage = 1
        }
        try await narrow.serving { engine in
            let session = try await scene.start(engine, id: "one").state.identity.id
            var requests: [RequestID] = []
            for _ in 0..<8 {
                requests.append(try await scene.open(engine, EngineScene.permission, in: session).request.id)
            }
            for request in requests { _ = try await scene.answer(engine, ["action": "approve"], to: request) }
            let start = SessionStart(id: nil, agent: scene.agent, input: .null, labels: [:], onBehalfOf: nil)
            _ = try await engine.start(start, in: scene.otherScope, options: scene.options())
            try await scene.audited()
            try await scene.audited(scene.otherScope)
        }
        #expect(scene.faultOfAudit() == nil)
        #expect(scene.faultOfAudit(of: scene.otherScope) == nil)
        let decisions = scene.auditLog().compactMap { AuditEntry(recorded: $0.entry) }.filter { $0.isDecision }
        #expect(decisions.count == 8)
        #expect(decisions.allSatisfy { $0.members["shown_digest"] != nil && $0.members["tool"] == "send" })
    }

    @Test func `two nodes over one store make one log, and both give receipts of it`() async throws {
        let nodes = NodeScene(try await EngineScene.auditing())
        let scene = nodes.scene
        let (first, _) = try nodes.node("first")
        let (second, _) = try nodes.node("second")
        try await nodes.running(first) {
            try await nodes.until { await first.ownedShards == 256 }
            try await nodes.running(second) {
                try await nodes.until { await (first.ownedShards, second.ownedShards) == (128, 128) }
                let requests = try await nodes.passing {
                    let one = try await run(first, scene, id: "one")
                    return one + (try await run(second, scene, id: "two"))
                }
                try await nodes.until { scene.auditLog().count == scene.journal.contents.feed(of: scene.scope).count }
                #expect(scene.faultOfAudit() == nil)
                for node in [first, second] {
                    for request in requests {
                        let receipt = try await nodes.passing { try await node.receipt(of: request, in: scene.scope) }
                        #expect(try scene.check(receipt).faults == [])
                    }
                }
            }
            // One is gone, and the other goes on where it was.
            try await nodes.until { await first.ownedShards == 256 }
            _ = try await nodes.passing { try await run(first, scene, id: "three") }
            try await nodes.until { scene.auditLog().count == scene.journal.contents.feed(of: scene.scope).count }
        }
        #expect(scene.faultOfAudit() == nil)
    }

    @Test func `a session is kept until it is audited, and its receipt outlives it`() async throws {
        let scene = try await EngineScene.auditing()
        let isAway = Guarded(true)
        var failing = scene
        failing.decorate = { base in
            AppendingJournal(base: base) { isAway.withState { $0 } ? .failed : .made }
        }
        _ = try await scene.journal.setRetention(RetentionPolicy(finishedAfterDays: 1, mode: .delete), of: scene.scope)
        try await failing.serving { engine in
            let requests = try await run(engine, scene, id: "old")
            scene.clock.advance(milliseconds: 2 * 86_400_000)
            for _ in 0..<200 {
                scene.clock.advance(milliseconds: 60_000)
                await Task.yield()
            }
            let id = try SessionID("old")
            #expect(try await scene.journal.find(id, in: scene.scope) != nil)
            isAway.withState { $0 = false }
            while try await scene.journal.find(id, in: scene.scope) != nil {
                try Task.checkCancellation()
                scene.clock.advance(milliseconds: 60_000)
                await Task.yield()
            }
            #expect(scene.auditLog().count == 6)
            let receipt = try await engine.receipt(of: requests[0], in: scene.scope)
            let check = try scene.check(receipt)
            #expect(check.faults == [])
            #expect(check.compared == [])
            #expect(receipt.proposed == nil)
        }
    }

    @Test func `I9: no value of a secret answer gets into the audit log or a receipt`() async throws {
        let scene = try await EngineScene.auditing()
        let plain = "s3cr3t-nobody-may-see"
        try await scene.serving { engine in
            let session = try await scene.start(engine).state.identity.id
            let question: JSONValue = [
                "type": "env_var", "title": "Which?", "tool": "crane", "fields": [["name": "CRANE_KEY"]],
            ]
            let request = try await scene.open(engine, question, in: session).request.id
            _ = try await scene.answer(engine, ["values": ["CRANE_KEY": .string(plain)]], to: request)
            try await scene.audited()
            let receipt = try await engine.receipt(of: request, in: scene.scope)
            #expect(try scene.check(receipt).faults == [])
            var writer = JSONWriter()
            receipt.write(into: &writer)
            let bare = SimulatedHasher().sha256(Array(plain.utf8)).description
            let values = SimulatedHasher().sha256(Array(#"{"values":{"CRANE_KEY":"\#(plain)"}}"#.utf8)).description
            for bytes in scene.auditLog().map(\.entry) + [writer.bytes] {
                let text = String(decoding: bytes, as: UTF8.self)
                for secret in [plain, bare, values] { #expect(!text.contains(secret)) }
            }
        }
    }
}
