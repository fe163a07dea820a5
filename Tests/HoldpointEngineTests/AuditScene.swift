import HoldpointCore
import HoldpointEngine
import HoldpointPorts
import HoldpointTesting
import JSON

extension EngineScene {
    /// A scene whose feeds are audited.
    static func auditing() async throws -> EngineScene {
        var scene = try await EngineScene()
        scene.isAuditing = true
        return scene
    }

    static let permission: JSONValue = [
        "type": "permission", "title": "Send it?", "tool": "send", "arguments": ["to": "ann", "amount": 7],
        "allow_edit": true, "risk": "high",
    ]

    /// A project's audit log as it stands.
    func auditLog(of scope: Scope? = nil) -> [AuditRow] { journal.contents.auditLog(of: scope ?? self.scope) }

    /// Waits until a project's whole feed is audited, moving the clock in small steps.
    func audited(_ scope: Scope? = nil) async throws {
        let scope = scope ?? self.scope
        while true {
            let store = journal.contents
            if auditLog(of: scope).count >= store.feed(of: scope).count { return }
            // The test's time limit is the bound.
            try Task.checkCancellation()
            clock.advance(milliseconds: 100)
            await Task.yield()
        }
    }

    /// Why a project's audit log is not what its feed makes it; nil if it is.
    func faultOfAudit(of scope: Scope? = nil) -> String? {
        let scope = scope ?? self.scope
        var verifier = AuditVerifier(
            of: scope, hasher: SimulatedHasher(), signatures: (Self.signer, Self.signer.publicKey))
        let feed = journal.contents.feed(of: scope)
        let rows = auditLog(of: scope)
        do throws(AuditFault) { for row in rows { try verifier.take(row) } } catch { return error.description }
        let entries = rows.compactMap { AuditEntry(recorded: $0.entry) }
        guard entries.count == feed.count else { return "\(feed.count) events have \(entries.count) rows" }
        for (entry, item) in zip(entries, feed) {
            guard entry.type == item.event.type, entry.members["seq"]?.int64Value == item.event.sequence,
                entry.members["session"]?.stringValue == item.session.id.text,
                entry.members["chain"]?.stringValue == item.event.chain.description
            else { return "event \(item.position) has another row" }
        }
        return nil
    }

    /// The check of a receipt as whoever got it would do it.
    func check(_ receipt: Receipt) throws -> ReceiptCheck {
        var writer = JSONWriter()
        receipt.write(into: &writer)
        return ReceiptCheck(
            try JSONParser.parse(writer.bytes), key: Self.signer.publicKey, verifier: Self.signer,
            hasher: SimulatedHasher())
    }
}

/// A journal whose appends to audit logs go as a test wants.
struct AppendingJournal: JournalDecorator {
    /// What becomes of an append.
    enum Fate: Sendable {
        /// It is made.
        case made
        /// It fails, and nothing is changed.
        case failed
        /// It is made, and nobody hears of it.
        case unheard
        /// It waits until the latch is opened, and goes on then.
        case held(Latch)
    }

    let base: any Journal
    /// Asked before each append.
    let fate: @Sendable () -> Fate

    func append(_ append: AuditAppend) async throws(JournalError) -> Bool {
        switch fate() {
        case .made: break
        case .failed: throw .unavailable("the store is away")
        case .unheard:
            _ = try await base.append(append)
            throw .inDoubt("the line was cut")
        case .held(let latch): await latch.wait()
        }
        return try await base.append(append)
    }
}

/// What an append can be held by.
final class Latch: Sendable {
    private struct State {
        var isOpen = false
        var waiting: [CheckedContinuation<Void, Never>] = []
        var arrivals = 0
    }

    private let state = Guarded(State())

    /// How many came to it.
    var arrivals: Int { state.withState { $0.arrivals } }

    func wait() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withState { state in
                state.arrivals += 1
                if !state.isOpen { state.waiting.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }

    func open() {
        let waiting = state.withState { state in
            defer { state.waiting = [] }
            state.isOpen = true
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}
