import HoldpointCore
import HoldpointEngine
import HoldpointPorts
import HoldpointTesting
import JSON

extension EngineScene {
    /// A policy in force for the scene's project.
    @discardableResult
    func put(_ policy: JSONValue, on engine: Engine) async throws -> PolicyRecord {
        try await engine.putPolicy(policy, by: Self.alice, in: scope)
    }

    /// Makes users who may answer through a key.
    func people(_ users: [(String, Accreditation)], on engine: Engine) async throws {
        for (name, accreditation) in users {
            _ = try await engine.putUser(User(id: try UserID(name), accreditation: accreditation), in: scope)
        }
    }

    /// The answer of a user.
    func answer(
        _ engine: Engine, _ response: JSONValue, to request: RequestID, as user: String
    ) async throws -> RequestView {
        let result = try await engine.answer(
            RawAnswer(response: response, comment: nil, user: try UserID(user)), to: request, in: scope,
            options: options())
        guard case .request(let view, _, _) = result else { throw Surprise("the answer was stored") }
        return view
    }

    /// The events of a type in a session's log, as JSON.
    func events(_ type: String, of id: SessionID) async throws -> [JSONValue] {
        try await log(of: id).filter { $0.type.text == type }.map { try JSONParser.parse($0.data) }
    }

    /// Waits until the session has a pending request other than those, moving the clock in small steps.
    func nextQuestion(
        to id: SessionID, after known: [RequestID] = [], on engine: Engine
    ) async throws -> HumanRequest {
        while !Task.isCancelled {
            if try await journal.find(id, in: scope) != nil {
                let open = try await engine.session(id, in: scope).state.openRequests.map(\.request)
                if let request = open.first(where: { !known.contains($0.id) }) { return request }
            }
            clock.advance(milliseconds: 10)
            await Task.yield()
        }
        throw Surprise("nothing was asked")
    }
}

/// Policies of the tests.
enum TestPolicy {
    /// The level of all calls, and more.
    static func level(_ level: String, _ more: JSONObject = [:]) -> JSONValue {
        var policy: JSONObject = ["default": ["level": .string(level)]]
        for (key, value) in more { policy[key] = value }
        return .object(policy)
    }

    /// The invoice case: two rules, two people for over 10,000, others after a minute.
    static let invoices: JSONValue = [
        "default": ["level": "L0"], "escalation": [["after": 60, "approvers": ["groups": ["board"]]]],
        "rules": [
            [
                "name": "large", "when": ["argument": "/body/amount", "gt": 1_500], "level": "L3",
                "approvers": ["groups": ["billing"]],
            ],
            ["name": "new-client", "when": ["first_seen": ["argument": "/body/client"]], "level": "L3"],
            [
                "name": "huge", "when": ["argument": "/body/amount", "gt": 10_000], "level": "L3",
                "approvers": ["quorum": 2],
            ],
        ],
    ]
}

/// A planted bug: the store never hears which policy judged a commit.
struct PolicyBlindJournal: JournalDecorator {
    let base: any Journal

    func commit(_ commit: SessionCommit) async throws(JournalError) -> CommitReceipt {
        try await base.commit(
            SessionCommit(
                identity: commit.identity, fence: commit.fence, expectedHead: commit.expectedHead,
                events: commit.events, summary: commit.summary, requests: commit.requests, snapshot: commit.snapshot,
                secrets: commit.secrets, destroysSecrets: commit.destroysSecrets, decided: commit.decided,
                idempotency: commit.idempotency, sends: commit.sends, policy: nil, counters: commit.counters))
    }
}

/// Holds the first readings of counters back until so many have been asked for: all of them see the same.
struct GatheredReadings: JournalDecorator {
    let base: any Journal
    private let gate: Gate

    private actor Gate {
        private var missing: Int
        private var waiting: [CheckedContinuation<Void, Never>] = []

        init(_ count: Int) { missing = count }

        func pass() async {
            missing -= 1
            if missing > 0 { return await withCheckedContinuation { waiting.append($0) } }
            for continuation in waiting { continuation.resume() }
            waiting = []
        }
    }

    init(of base: any Journal, _ count: Int) {
        self.base = base
        gate = Gate(count)
    }

    func counters(_ queries: [CounterQuery], in scope: Scope) async throws(JournalError) -> [CounterReading] {
        let readings = try await base.counters(queries, in: scope)
        await gate.pass()
        return readings
    }
}
