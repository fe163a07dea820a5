import HoldpointCore
import JSON
import Testing

@Suite struct ReplayTests {
    /// Any command, sensible or not, at any time.
    private func randomCommand(
        _ session: LiveSession, _ random: inout SeededGenerator
    ) throws -> any SessionCommand {
        let number = UInt64(1 + random.below(12))
        let principal = random.oneIn(2) ? Sample.alice : Sample.bob
        switch random.below(24) {
        case 0: return try Sample.start()
        case 1, 2: return ReceiveMessage(content: ["n": .integer(Int64(number))], principal: principal)
        case 3, 4: return RecordStep(name: "step", stepData: json("[1.50, null, \"é\"]"), principal: Sample.agent)
        case 5..<12:
            var body = try GoldenHistory.questions()[random.below(4)]
            if random.oneIn(3) { body = Sample.merge(body, ["expires_in": nil]) }
            return try Sample.open(number, body)
        case 12..<18: return session.answer(number, randomAnswer(&random), by: principal, fingerprint: "\(number)")
        case 18: return WithdrawRequest(request: Sample.request(number), reason: nil, principal: Sample.agent)
        case 19, 20: return FireDeadlines()
        case 21: return PauseSession(reason: "r", principal: Sample.operatorKey)
        case 22: return ResumeSession(reason: nil, principal: Sample.operatorKey)
        default:
            guard random.oneIn(6) else { return FireDeadlines() }
            switch random.below(3) {
            case 0: return CompleteSession(output: ["n": 1], principal: Sample.agent)
            case 1: return FailSession(error: ["title": "no"], principal: Sample.agent)
            default: return CancelSession(reason: nil, principal: principal)
            }
        }
    }

    private func randomAnswer(_ random: inout SeededGenerator) -> JSONValue {
        let answers: [JSONValue] = [
            ["answer": "home"], ["decision": ["fast", "cheap"]], ["decision": "cheap"], ["action": "approve"],
            ["action": "edit", "arguments": ["amount": 5]], ["action": "reject", "feedback": "no"],
            ["values": ["REGION": "us"]], ["answer": ["home", "work"]],
        ]
        return answers[random.below(answers.count)]
    }

    private func history(seed: Int) throws -> LiveSession {
        var random = SeededGenerator(seed: UInt64(seed))
        var session = try LiveSession()
        for _ in 0..<60 {
            session.now = session.now.adding(milliseconds: Int64(random.below(40_000)))
            let command = try randomCommand(session, &random)
            if case .accept(let events, _) = session.decide(command) {
                for event in events { try session.record(event) }
            }
        }
        return session
    }

    /// What replay makes of a log, from its beginning and from a snapshot at every number; the first difference.
    private func difference(_ live: LiveSession) throws -> String? {
        let identity = live.state.identity
        let final = SnapshotCodec.encode(live.state)
        var state = SessionState(identity: identity)
        for (index, entry) in live.log.enumerated() {
            try state.apply(try decoded(entry), at: entry.position)
            let snapshot = SnapshotCodec.encode(state)
            let restored = try SnapshotCodec.decode(snapshot, version: SnapshotCodec.version, identity: identity)
            guard restored == state, SnapshotCodec.encode(restored) == snapshot else {
                return "the snapshot at \(entry.position.sequence)"
            }
            let rebuilt = try fold(live.log[(index + 1)...], onto: restored)
            guard rebuilt == live.state, SnapshotCodec.encode(rebuilt) == final else {
                return "snapshot and tail from \(entry.position.sequence)"
            }
        }
        return state == live.state && SnapshotCodec.encode(state) == final ? nil : "the fold"
    }

    @Test(arguments: 0..<40) func `I6: fold, and snapshot with tail at every number, equal live`(seed: Int) throws {
        let session = try history(seed: seed)
        #expect(try difference(session) == nil)
    }

    @Test func `I6: after every event the fold of what is stored equals live`() throws {
        var stored = try LiveSession().state
        var live = try LiveSession()
        for entry in try GoldenHistory.completed().log {
            live.now = entry.position.time
            try live.record(try decoded(entry))
            try stored.apply(try decoded(try #require(live.log.last)), at: entry.position)
            #expect(stored == live.state)
            #expect(SnapshotCodec.encode(stored) == SnapshotCodec.encode(live.state))
        }
    }

    @Test func `I6: the random histories reach every event, every ending and several open requests`() throws {
        var types: Set<String> = []
        var mostOpen = 0
        for seed in 0..<40 {
            let session = try history(seed: seed)
            types.formUnion(session.log.map(\.type))
            mostOpen = max(mostOpen, session.state.openRequests.count)
        }
        let others = GoldenHistory.workflowTypes.union(GoldenHistory.peopleTypes)
        #expect(types == Set(GoldenHistory.typeNames).subtracting(others))
        #expect(mostOpen >= 3)
    }

    @Test func `I6: deciding again on a replayed state decides the same`() throws {
        for seed in 0..<20 {
            var random = SeededGenerator(seed: UInt64(seed) + 1_000)
            let live = try history(seed: seed)
            let replayed = try fold(live.log, onto: SessionState(identity: live.state.identity))
            let context = DecisionContext(now: live.now, hasher: Sample.hasher, limits: live.limits)
            for _ in 0..<20 {
                let command = try randomCommand(live, &random)
                #expect(
                    summary(command.decide(live.state, in: context))
                        == summary(command.decide(replayed, in: context)))
            }
        }
    }

    private func summary(_ decision: Decision) -> String {
        switch decision {
        case .accept(let events, let reply): "\(events) \(reply)"
        case .reject(let rejection): "\(rejection)"
        case .needs(let expressions): "\(expressions)"
        case .needsPolicy, .needsCounters: "the policy"
        }
    }

    /// An event whose live effect is not what its record says: the sort of bug that the check is there for.
    private struct ForgetfulPause: SessionEvent {
        static let type = EventType("session_paused")

        init() {}
        init(recorded data: JSONValue) throws(MalformedRecord) {}

        func write(into writer: inout JSONWriter, session: SessionID) {
            writer.value(["reason": nil, "by": "key:operator"])
        }

        func apply(to state: inout SessionState, at position: EventPosition) -> String? { nil }
    }

    @Test func `I6: the check goes red for an event that applies otherwise than it reads`() throws {
        var session = try LiveSession.started()
        #expect(try difference(session) == nil)
        try session.record(ForgetfulPause())
        #expect(try difference(session) == "snapshot and tail from 1")
    }
}

@Suite struct EventChainTests {
    /// The number of the first entry whose chain does not follow from its bytes.
    private func brokenLink(_ log: [LogEntry], key: SessionKey) -> Int64? {
        var previous = Digest.zero
        for entry in log {
            let value = EventChain.value(
                after: previous, session: key, sequence: entry.position.sequence, time: entry.position.time,
                type: EventType(entry.type), data: entry.data, hasher: Sample.hasher)
            if value != entry.chain { return entry.position.sequence }
            previous = value
        }
        return nil
    }

    @Test func `an untouched log verifies`() throws {
        let session = try GoldenHistory.completed()
        #expect(brokenLink(session.log, key: session.state.identity.key) == nil)
    }

    @Test func `any changed byte, missing event or other session shows at its place`() throws {
        let session = try GoldenHistory.completed()
        let key = session.state.identity.key
        for index in session.log.indices {
            var log = session.log
            log[index].data[log[index].data.count / 2] ^= 1
            #expect(brokenLink(log, key: key) == Int64(index + 1))
        }
        var shortened = session.log
        shortened.remove(at: 2)
        #expect(brokenLink(shortened, key: key) == 4)
        let other = SessionKey(time: Sample.start, random: Identifier128(high: 1, low: 3))
        #expect(brokenLink(session.log, key: other) == 1)
    }

    @Test func `number, time and type are bound, too`() throws {
        let entry = try #require(try GoldenHistory.completed().log.first)
        let key = try Sample.identity().key
        func value(_ sequence: Int64, _ time: Timestamp, _ type: String) -> Digest {
            EventChain.value(
                after: .zero, session: key, sequence: sequence, time: time, type: EventType(type), data: entry.data,
                hasher: Sample.hasher)
        }
        let values = [
            value(1, Sample.start, "a"), value(2, Sample.start, "a"), value(1, Sample.start, "b"),
            value(1, Sample.start.adding(milliseconds: 1), "a"),
        ]
        #expect(Set(values).count == 4)
    }
}
