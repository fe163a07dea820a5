import HoldpointCore
import HoldpointPorts

extension JournalConformance {
    /// Counters change with the events of a commit, and a verdict that rests on one of them is not committed once that
    /// has changed.
    static let counters: [ConformanceCase<Store>] = [
        scene("what a commit adds to counters is counted, by the time of the call") { scene in
            try await countByTime(scene)
        },
        scene("I5: counters of the same key are each project's own") { scene in
            let other = try scene.identity(2, in: scene.foreign[0])
            try await commit([.add(key("k"), entry(scene, 1, amount: 5))], scene)
            try expectEqual(try await reading("k", scene), CounterReading(revision: 1, sum: 5), "own counter")
            for foreign in scene.foreign + [try JournalScene.scope("acme", "nowhere")] {
                let found = try await scene.store.counters([CounterQuery(key: key("k"), since: nil)], in: foreign)
                try expectEqual(found, [CounterReading(revision: 0, sum: 0)], "counter of \(foreign)")
            }
            let reserve = CounterChange.reserve(key("k"), revision: 0, entry(scene, 1, amount: 7))
            _ = try await scene.store.commit(
                try scene.commit(other, head: 0, events: [JournalScene.event(1)], counters: [reserve]))
            try expectEqual(try await reading("k", scene), CounterReading(revision: 1, sum: 5), "own counter")
            let theirs = try await scene.store.counters([CounterQuery(key: key("k"), since: nil)], in: other.scope)
            try expectEqual(theirs, [CounterReading(revision: 1, sum: 7)], "counter of another project")
        },
        scene("a reserve needs the very revision, and a refused one leaves no trace") { scene in
            try await reserve(scene)
        },
        scene("of commits at once that reserve at one revision exactly one is made") { scene in
            try await reserveAtOnce(scene)
        },
        scene("counters named in different orders at once are all counted") { scene in
            try await countAtOnce(scene)
        },
        scene("what is released does not count any more, and what was not there is nothing") { scene in
            try await release(scene)
        },
        scene("an entry that is added twice is added once, and stays as it is") { scene in
            let first = entry(scene, 1, amount: 5)
            let again = CounterEntry(id: first.id, time: JournalScene.time(90), amount: 9, until: nil)
            try await commit([.add(key("k"), first), .add(key("k"), again)], scene)
            try await commit([.add(key("k"), again)], scene)
            try expectEqual(try await reading("k", scene).sum, 5, "sum")
            try expectEqual(try await reading("k", scene, since: 50).sum, 0, "sum of what is late")
        },
        scene("a value that was seen has one entry, whatever the session") { scene in
            for number in 1...3 { try await commit([.add(key("seen"), entry(scene, number, call: 0))], scene) }
            try expectEqual(try await reading("seen", scene).sum, 1, "sum")
            let besides = CounterEntryID(session: try scene.identity(9).key, number: 0)
            try expectEqual(try await reading("seen", scene, besides: besides).sum, 0, "sum besides it")
            try await commit([.release(key("seen"), besides)], scene)
            try expectEqual(try await reading("seen", scene).sum, 0, "sum after its release")
        },
        scene("a sum ends at the largest number") { scene in
            let changes = (1...3).map { CounterChange.add(key("k"), entry(scene, $0, amount: .max - 1)) }
            try await commit(Array(changes[..<1]), scene)
            try expectEqual(try await reading("k", scene).sum, .max - 1, "sum of one")
            try await commit(Array(changes[1...]), scene)
            try expectEqual(try await reading("k", scene).sum, .max, "sum")
        },
        scene("entries that nothing asks for any more go, a bounded number with each that comes") { scene in
            try await expire(scene)
        },
        scene("counters have keys of a kilobyte, told apart by every byte") { scene in
            let common = String(repeating: "é\"\\u0000\u{1F600}", count: 78)
            for (index, text) in [common, common + "a", common + "A", common + "a "].enumerated() {
                try await commit([.add(key(text), entry(scene, index, amount: Int64(index) + 1))], scene)
            }
            let sums = try await scene.store.counters(
                [common, common + "a", common + "A", common + "a ", ""].map { CounterQuery(key: key($0), since: nil) },
                in: scene.scope)
            try expectEqual(sums.map(\.sum), [1, 2, 3, 4, 0], "sums")
        },
        scene("at most 128 counters are asked for at once") { scene in
            try await commit([.add(key("3"), entry(scene, 1))], scene)
            let queries = (0..<CounterLimits.queries).map { CounterQuery(key: key("\($0 % 9)"), since: nil) }
            let sums = try await scene.store.counters(queries, in: scene.scope).map(\.sum)
            try expectEqual(sums, queries.indices.map { $0 % 9 == 3 ? 1 : 0 }, "sums")
            try expect(try await scene.store.counters([], in: scene.scope).isEmpty, "no query has no reading")
            try await JournalScene.expectRefusal("one query more") { () throws(JournalError) in
                _ = try await scene.store.counters(queries + [queries[0]], in: scene.scope)
            }
        },
        scene("retiring a session leaves its project's counters alone") { scene in
            let identity = try scene.identity(1)
            let changes = [CounterChange.add(key("k"), entry(scene, 1, amount: 4))]
            _ = try await scene.store.commit(
                try scene.commit(
                    identity, head: 0, events: [JournalScene.event(1)], summary: scene.summary(.completed),
                    counters: changes))
            let retired = try await scene.store.retire(
                Retirement(
                    scope: scene.scope, sessions: [identity.key], fences: [try scene.fence(identity)],
                    endedBefore: JournalScene.time(1_000), mode: .delete, at: JournalScene.time(2_000)))
            try expectEqual(retired.retired, [identity.key], "retired sessions")
            try expectEqual(try await reading("k", scene), CounterReading(revision: 1, sum: 4), "counter")
        },
    ]

    // MARK: Parts

    static func key(_ text: String) -> CounterKey { CounterKey(recorded: text) }

    /// An entry of the session of that number at the same time offset.
    private static func entry(
        _ scene: JournalScene, _ number: Int, call: Int64 = 2, amount: Int64 = 1, until: Int64? = nil
    ) -> CounterEntry {
        let session = SessionKey(
            time: JournalScene.time(Int64(number)), random: Identifier128(high: 0, low: UInt64(number) << 8 | 7))
        return CounterEntry(
            id: CounterEntryID(session: session, number: call), time: JournalScene.time(Int64(number)), amount: amount,
            until: until.map { JournalScene.time($0) })
    }

    /// Makes a commit of the scene's one session, which changes counters.
    private static func commit(_ changes: [CounterChange], _ scene: JournalScene) async throws {
        let identity = try scene.identity(1)
        let head = try await scene.head(identity) ?? 0
        _ = try await scene.store.commit(
            try scene.commit(identity, head: head, events: [JournalScene.event(head + 1)], counters: changes))
    }

    private static func reading(
        _ text: String, _ scene: JournalScene, since: Int64? = nil, besides: CounterEntryID? = nil
    ) async throws -> CounterReading {
        let query = CounterQuery(key: key(text), since: since.map { JournalScene.time($0) }, besides: besides)
        return try expectPresent(try await scene.store.counters([query], in: scene.scope).first, "reading")
    }

    private static func countByTime(_ scene: JournalScene) async throws {
        try expectEqual(try await reading("a", scene), CounterReading(revision: 0, sum: 0), "a counter of nothing")
        try await commit(
            [.add(key("a"), entry(scene, 1, amount: 10)), .add(key("b"), entry(scene, 1, amount: 1))], scene)
        try await commit([.add(key("a"), entry(scene, 2, amount: 20))], scene)
        try await commit([.add(key("a"), entry(scene, 2, call: 3, amount: 40))], scene)
        func query(_ text: String, _ since: Int64?, _ besides: CounterEntryID? = nil) -> CounterQuery {
            CounterQuery(key: key(text), since: since.map { JournalScene.time($0) }, besides: besides)
        }
        let readings = try await scene.store.counters(
            [
                query("a", nil), query("b", nil), query("c", nil), query("a", 0), query("a", 1), query("a", 2),
                query("a", nil, entry(scene, 2).id), query("a", 1, entry(scene, 2, call: 3).id),
                query("a", nil, entry(scene, 9).id),
            ], in: scene.scope)
        try expectEqual(readings.map(\.sum), [70, 1, 0, 70, 60, 0, 50, 20, 70], "sums")
        try expectEqual(readings.map(\.revision), [3, 1, 0, 3, 3, 3, 3, 3, 3], "revisions")
    }

    private static func reserve(_ scene: JournalScene) async throws {
        let identity = try scene.identity(1)
        _ = try await scene.store.commit(try scene.commit(identity, head: 0))
        func refusal(head: Int64, _ changes: [CounterChange]) async throws -> JournalError {
            try await scene.refusal(
                of: try scene.commit(
                    identity, head: head, events: [JournalScene.event(head + 1, isOnFeed: true)],
                    idempotency: JournalScene.idempotency("k", identity), sends: [scene.command(1, for: identity)],
                    counters: changes))
        }
        let early = try await refusal(head: 1, [.reserve(key("a"), revision: 1, entry(scene, 1))])
        try expectEqual(early, .outdated, "refusal of a revision that is none yet")
        try await commit([.reserve(key("a"), revision: 0, entry(scene, 1, amount: 3))], scene)
        try await commit([.reserve(key("a"), revision: 1, entry(scene, 2, amount: 4))], scene)
        try expectEqual(try await scene.head(identity), 3, "head")
        for revision: Int64 in [0, 1, 3] {
            let late = try await refusal(
                head: 3,
                [
                    .add(key("b"), entry(scene, 3)), .release(key("a"), entry(scene, 1).id),
                    .reserve(key("a"), revision: revision, entry(scene, 3)),
                ])
            try expectEqual(late, .outdated, "refusal at revision \(revision)")
        }
        try expectEqual(try await reading("a", scene), CounterReading(revision: 2, sum: 7), "counter")
        try expectEqual(try await reading("b", scene), CounterReading(revision: 0, sum: 0), "counter beside it")
        try expectEqual(try await scene.log(identity).count, 3, "events")
        let record = try await scene.store.idempotencyRecord("k", in: scene.scope)
        let sent = try await scene.store.storedCommand(JournalScene.commandID(1), in: scene.scope)
        try expect(record == nil && sent == nil, "a refused commit left something")
        // The calls of one commit are judged by what there was before it.
        try await commit(
            [
                .reserve(key("a"), revision: 2, entry(scene, 4)), .add(key("a"), entry(scene, 5)),
                .reserve(key("a"), revision: 2, entry(scene, 6)),
            ], scene)
        try expectEqual(try await reading("a", scene), CounterReading(revision: 5, sum: 10), "counter")
        let torn = try await refusal(
            head: 4,
            [.reserve(key("a"), revision: 5, entry(scene, 7)), .reserve(key("a"), revision: 6, entry(scene, 8))])
        try expectEqual(torn, .outdated, "refusal of two revisions in one commit")
    }

    private static func reserveAtOnce(_ scene: JournalScene) async throws {
        for round: Int64 in 0..<3 {
            let outcomes = await withTaskGroup(of: (Int, JournalError?).self) { group in
                for number in 0..<24 {
                    group.addTask {
                        do {
                            let identity = try scene.identity(number + 100 * Int(round), shard: UInt8(number % 4))
                            // Every third commit is about something else and goes with the others.
                            let change =
                                number % 3 == 2
                                ? CounterChange.add(key("other"), entry(scene, number + 100 * Int(round)))
                                : .reserve(key("k"), revision: round, entry(scene, number + 100 * Int(round)))
                            let events = [JournalScene.event(1)]
                            _ = try await scene.store.commit(
                                try scene.commit(identity, head: 0, events: events, counters: [change]))
                            return (number, nil)
                        } catch {
                            return (number, error as? JournalError ?? .unavailable("\(error)"))
                        }
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            let rivals = outcomes.filter { $0.0 % 3 != 2 }.map(\.1)
            try expectEqual(rivals.filter { $0 == nil }.count, 1, "commits that reserved at revision \(round)")
            try expectEqual(rivals.filter { $0 == .outdated }.count, rivals.count - 1, "outdated commits")
            try expect(outcomes.allSatisfy { $0.0 % 3 != 2 || $0.1 == nil }, "commits beside them are made")
            try expectEqual(
                try await reading("k", scene), CounterReading(revision: round + 1, sum: round + 1), "counter")
        }
        try expectEqual(try await reading("other", scene), CounterReading(revision: 24, sum: 24), "the other counter")
    }

    private static func countAtOnce(_ scene: JournalScene) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<40 {
                group.addTask {
                    let identity = try scene.identity(number, shard: UInt8(number))
                    let keys = number.isMultiple(of: 2) ? ["a", "b", "c"] : ["c", "b", "a"]
                    let changes = keys.map { CounterChange.add(key($0), entry(scene, number)) }
                    _ = try await scene.store.commit(
                        try scene.commit(identity, head: 0, events: [JournalScene.event(1)], counters: changes))
                }
            }
            try await group.waitForAll()
        }
        for name in ["a", "b", "c"] {
            try expectEqual(try await reading(name, scene), CounterReading(revision: 40, sum: 40), "counter \(name)")
        }
    }

    private static func release(_ scene: JournalScene) async throws {
        try await commit([.release(key("k"), entry(scene, 1).id)], scene)
        try expectEqual(try await reading("k", scene), CounterReading(revision: 0, sum: 0), "a counter of nothing")
        try await commit(
            [.add(key("k"), entry(scene, 1, amount: 3)), .add(key("k"), entry(scene, 2, amount: 4))], scene)
        let before = try await reading("k", scene)
        try await commit([.release(key("k"), entry(scene, 1).id), .release(key("k"), entry(scene, 9).id)], scene)
        let after = try await reading("k", scene)
        try expectEqual(after, CounterReading(revision: before.revision, sum: 4), "counter after a release")
        try await commit([.release(key("k"), entry(scene, 1).id)], scene)
        try expectEqual(try await reading("k", scene).sum, 4, "sum after a second release")
        // Within one commit in the order of its changes.
        try await commit(
            [
                .add(key("k"), entry(scene, 5, amount: 8)), .release(key("k"), entry(scene, 5).id),
                .release(key("k"), entry(scene, 2).id), .add(key("k"), entry(scene, 2, amount: 16)),
            ], scene)
        try expectEqual(try await reading("k", scene).sum, 16, "sum after changes of one commit")
    }

    private static func expire(_ scene: JournalScene) async throws {
        let count = CounterLimits.expiredAtOnce + 4
        for number in 1...count {
            try await commit([.add(key("k"), entry(scene, number, until: 100 + Int64(number)))], scene)
        }
        try await commit([.add(key("k"), entry(scene, 50)), .add(key("other"), entry(scene, 60, until: 90))], scene)
        try expectEqual(try await reading("k", scene).sum, Int64(count) + 1, "sum before any ended")
        let end = 100 + Int64(count)
        try await commit([.add(key("k"), entry(scene, Int(end), until: 900))], scene)
        try expectEqual(try await reading("k", scene).sum, 6, "sum after as many as go at once")
        try await commit([.add(key("k"), entry(scene, Int(end) + 1))], scene)
        // The last one ended at the time of the addition before, which is not before it.
        try expectEqual(try await reading("k", scene).sum, 3, "sum of what is left")
        try expectEqual(try await reading("other", scene).sum, 1, "another counter, to which nothing came")
        try expectEqual(try await reading("k", scene).revision, Int64(count) + 3, "revision")
    }
}
