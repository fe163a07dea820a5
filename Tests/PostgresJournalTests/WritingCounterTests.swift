import HoldpointCore
import HoldpointPorts
import JSON
import PostgresClient
import PostgresJournal
import Testing

extension PostgresJournalTests {
    struct WritingCounterTests {
        /// How many transactions have written events.
        private static let transactions = "select count(distinct xid) from log"

        private func key(_ number: Int) -> CounterKey { CounterKey(recorded: "[\"key \(number)\"]") }

        @Test func `outdated commits of a batch are refused, and the others are stored together`() async throws {
            try await WritingScene.run { scene in
                for (scope, count) in [(scene.scope, 2), (scene.foreign, 1)] {
                    for number in 0..<count {
                        _ = try await scene.journal.putPolicy(
                            [.integer(Int64(number))], by: .key("k"), at: WritingScene.time(1), in: scope)
                    }
                }
                let commits = try (0..<40).map { number in
                    let identity = try scene.identity(number, in: number.isMultiple(of: 4) ? scene.foreign : nil)
                    let entry = WritingScene.entry(of: identity)
                    switch number % 10 {
                    case 3: return scene.commit(identity, policy: 1)
                    case 5: return scene.commit(identity, policy: 2)
                    case 7:
                        return scene.commit(
                            identity, policy: 2, counters: [.reserve(key(number), revision: 1, entry)])
                    case 8:
                        return scene.commit(
                            identity, policy: number.isMultiple(of: 4) ? 1 : 2,
                            counters: [.reserve(key(number), revision: 0, entry), .add(key(number + 100), entry)])
                    default: return scene.commit(identity)
                    }
                }
                let outcomes = try await scene.outcomesInOneBatch(of: commits)
                for (number, outcome) in outcomes.enumerated() {
                    #expect(outcome == ([3, 7].contains(number % 10) ? .outdated : nil), "\(number)")
                }
                #expect(try await scene.base.number(Self.transactions) == 2, "the parked one and what is left")
                #expect(try await scene.base.number("select count(*) from counters where revision = 1") == 8)
                #expect(try await scene.base.number("select count(*) from counter_entries") == 8)
                #expect(try await scene.areLogsWhole())
            }
        }

        @Test func `commits about one counter are never in one transaction`() async throws {
            try await WritingScene.run { scene in
                let commits = try (0..<6).map { number in
                    let identity = try scene.identity(number)
                    return scene.commit(
                        identity, counters: [.add(key(number / 2), WritingScene.entry(of: identity))])
                }
                #expect(try await scene.outcomesInOneBatch(of: commits).allSatisfy { $0 == nil })
                #expect(try await scene.base.number("select count(*) from counters where revision = 2") == 3)
                let together = """
                    select count(*) from counter_entries a
                    join counter_entries b on a.counter = b.counter and a.session < b.session
                    where a.xmin::text = b.xmin::text
                    """
                #expect(try await scene.base.number(together) == 0)
            }
        }

        @Test func `batches of both writers about the same counters wait for one another`() async throws {
            // One attempt: of two that wait for each other, the server would end one.
            try await WritingScene.run({ $0.writes.attempts = 1 }) { scene in
                let commits = try (0..<120).map { number in
                    let identity = try scene.identity(number, shard: UInt8(number))
                    let entry = WritingScene.entry(of: identity)
                    var changes = (0..<8).map { CounterChange.add(key((number * 7 + $0 * 3) % 20), entry) }
                    if number.isMultiple(of: 2) { changes.reverse() }
                    return scene.commit(identity, counters: changes)
                }
                #expect(await scene.outcomes(of: commits).allSatisfy { $0 == nil })
                #expect(try await scene.base.number("select sum(revision)::int8 from counters") == 960)
            }
        }

        @Test func `I5: counters and policies of a project are written for its own tenant only`() async throws {
            try await WritingScene.run { scene in
                let identity = try scene.identity(1)
                let foreign = try scene.identity(2, in: scene.foreign)
                let changes = [identity, foreign].map {
                    [CounterChange.reserve(key(1), revision: 0, WritingScene.entry(of: $0))]
                }
                let outcomes = await scene.outcomes(of: [
                    scene.commit(identity, policy: 0, counters: changes[0]),
                    scene.commit(foreign, policy: 0, counters: changes[1]),
                ])
                #expect(outcomes == [nil, nil])
                let rows = "select count(*) from counters c join counter_entries e on e.counter = c.id"
                #expect(try await scene.base.number("\(rows) where c.tenant = e.tenant and c.project = e.project") == 2)
                #expect(try await scene.base.number("select count(distinct tenant) from counters") == 2)
            }
        }
    }
}
