import HoldpointCore
import JSON
import Testing

@Suite struct PeopleReplayTests {
    private static func body(_ random: inout SeededGenerator) -> JSONValue {
        let quorum = Int64(1 + random.below(3))
        return People.permission(
            ["groups": ["finance"], "quorum": .integer(quorum), "accreditation": "N1"],
            [
                "allow_edit": true, "expires_in": .integer(Int64(40 + random.below(100))), "reminders": [5, 15],
                "escalation": [["after": 20, "approvers": ["users": ["p4", "p5"], "accreditation": "N2"]]],
            ])
    }

    private func command(
        _ session: LiveSession, _ random: inout SeededGenerator
    ) throws -> any SessionCommand {
        let number = UInt64(1 + random.below(4))
        let person = try People.person(
            "p\(random.below(6))", Accreditation.allCases[random.below(4)], groups: random.oneIn(4) ? [] : ["finance"])
        let responses: [JSONValue] = [
            ["action": "approve"], ["action": "approve"], ["action": "approve"], ["action": "reject"],
            ["action": "edit", "arguments": ["amount": 1]], ["action": "edit", "arguments": ["amount": 2]],
        ]
        switch random.below(16) {
        case 0: return try Sample.open(number, Self.body(&random))
        case 1..<9:
            // Some answers were stored first, and are applied late.
            let late = session.now.adding(milliseconds: -Int64(random.below(10_000)))
            return session.answer(
                number, responses[random.below(responses.count)], as: person,
                receivedAt: max(late, session.state.createdAt))
        case 9, 10: return People.claim(session, number, by: person, seconds: Int64(1 + random.below(30)))
        case 11: return People.release(session, number, by: person)
        case 12:
            return People.delegate(
                session, number, by: person, to: try People.person("p\(random.below(6))", .n3, groups: []))
        default: return FireDeadlines()
        }
    }

    private func history(seed: Int) throws -> LiveSession {
        var random = SeededGenerator(seed: UInt64(seed))
        var session = try People.waiting(Self.body(&random), Self.body(&random), Self.body(&random))
        for _ in 0..<80 {
            session.now = session.now.adding(milliseconds: Int64(random.below(3_000)))
            let command = try command(session, &random)
            if case .accept(let events, _) = session.decide(command) {
                for event in events { try session.record(event) }
            }
        }
        return session
    }

    @Test func `I6: votes, claims and delegations from a snapshot are those of the whole log, at every number`() throws
    {
        for seed in 0..<40 {
            let live = try history(seed: seed)
            var state = SessionState(identity: live.state.identity)
            for (index, entry) in live.log.enumerated() {
                try state.apply(try decoded(entry), at: entry.position)
                let bytes = SnapshotCodec.encode(state)
                let read = try SnapshotCodec.decode(
                    bytes, version: SnapshotCodec.version, identity: live.state.identity)
                #expect(read == state, "seed \(seed) at \(index + 1)")
                let rest = try fold(live.log.dropFirst(index + 1), onto: read)
                #expect(SnapshotCodec.encode(rest) == SnapshotCodec.encode(live.state), "seed \(seed) at \(index + 1)")
            }
        }
    }

    @Test func `I7: whatever people do, what is approved has as many different approvals of its arguments as it needs`()
        throws
    {
        var approved = 0
        var expired = 0
        for seed in 0..<200 {
            let log = try history(seed: seed).log
            for opened in log where opened.type == "hitl_requested" {
                let request = try opened.json()
                let needed = request["approvers"]?["quorum"]?.int64Value ?? 1
                let own = try log.filter { try $0.json()["request"] == request["id"] }
                let closings = own.filter { ["hitl_responded", "hitl_expired"].contains($0.type) }
                #expect(closings.count <= 1, "I3: one outcome")
                if closings.first?.type == "hitl_expired" { expired += 1 }
                guard let last = closings.first, let digest = try last.json()["approved_digest"]?.stringValue else {
                    continue
                }
                approved += 1
                // Counted from the votes alone: since the last edit that began anew, for these very arguments.
                var people: [String] = []
                for vote in own where vote.type == "hitl_voted" {
                    let data = try vote.json()
                    if data["votes"] == 1 { people = [] }
                    if data["digest"]?.stringValue == digest { people.append(data["user"]?.stringValue ?? "") }
                }
                people.append(String(try #require(try last.json()["by"]?.stringValue).dropFirst(5)))
                #expect(Set(people).count == people.count && people.count == Int(needed), "seed \(seed): \(people)")
            }
        }
        let types = Set(try (0..<40).flatMap { try history(seed: $0).log.map(\.type) })
        #expect(types.isSuperset(of: GoldenHistory.peopleTypes))
        #expect(approved > 50 && expired > 20, "the histories are worth it: \(approved), \(expired)")
    }
}
