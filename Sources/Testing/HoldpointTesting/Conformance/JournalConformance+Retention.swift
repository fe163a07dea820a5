import HoldpointCore
import HoldpointPorts

extension JournalConformance {
    static let retention: [ConformanceCase<Store>] = [
        scene("I5: a project's retention is set, read, listed and lifted for itself") { scene in
            let policies = try [
                RetentionPolicy.of(1, .delete), RetentionPolicy.of(RetentionLimits.days, .archive),
            ]
            for policy in policies {
                try expect(try await scene.store.setRetention(policy, of: scene.scope), "the policy was not set")
                try expectEqual(try await scene.store.retention(of: scene.scope), policy, "policy")
            }
            for foreign in scene.foreign {
                try expect(try await scene.store.retention(of: foreign) == nil, "another project has the policy")
                _ = try await scene.store.setRetention(policies[0], of: foreign)
            }
            let all = try await scene.store.retentions(after: nil, limit: 9)
            try expectEqual(all.map(\.scope), [scene.scope] + scene.foreign, "projects with a policy")
            try expectEqual(all.map(\.policy), [policies[1], policies[0], policies[0]], "their policies")
            let page = try await scene.store.retentions(after: scene.scope, limit: 1)
            try expectEqual(page, [all[1]], "a page after the first")
            try expect(try await scene.store.setRetention(nil, of: scene.scope), "the policy was not lifted")
            try expect(try await scene.store.retention(of: scene.scope) == nil, "a lifted policy stands")
            let unknown = try JournalScene.scope("acme", "nothing")
            try expect(try await !scene.store.setRetention(policies[0], of: unknown), "a policy of no project")
        },
        scene("sessions that ended are listed once each, those of the shards and before the time only") { scene in
            let identities = try (1...5).map { try scene.identity($0, shard: $0 == 4 ? 9 : 7) }
            for (index, identity) in identities.enumerated() {
                try await scene.end(identity, at: index == 4 ? 10 : Int64(index + 11))
            }
            _ = try await scene.store.commit(try scene.commit(try scene.identity(6), head: 0))
            try await scene.end(try scene.identity(1, in: scene.foreign[0], random: 8), at: 11)
            func ended(_ shards: [UInt8], before: Int64, limit: Int) async throws -> [EndedSession] {
                var all: [EndedSession] = []
                while true {
                    let page = try await scene.store.endedSessions(
                        in: scene.scope, shards: shards.map { Shard($0) }, before: JournalScene.time(before),
                        after: all.last, limit: limit)
                    try expect(page.count <= limit, "more than the limit")
                    all += page
                    if page.count < limit { return all.sorted { $0.endedAt < $1.endedAt } }
                }
            }
            let all = try await ended([7, 9], before: 20, limit: 9)
            try expectEqual(all.map(\.identity), [4, 0, 1, 2, 3].map { identities[$0] }, "all that ended")
            try expectEqual(all.map(\.endedAt), (10...14).map { JournalScene.time($0) }, "when they ended")
            try expectEqual(try await ended([7], before: 20, limit: 9), Array(all.dropLast()), "those of a shard")
            try expectEqual(try await ended([7, 9], before: 12, limit: 9), Array(all.prefix(2)), "those before a time")
            for limit in 1...3 {
                try expectEqual(try await ended([7, 9], before: 20, limit: limit), all, "pages of \(limit)")
            }
        },
        scene("nothing of a deleted session is left, and nothing of its neighbours is missing") { scene in
            try await deleteAmongNeighbours(scene)
        },
        scene("the id of a deleted session starts no other one, and its log takes nothing more") { scene in
            let first = try scene.identity(1)
            try await scene.end(first, at: 1)
            try expectEqual(try await scene.retire([first]).retired, [first.key], "retired")
            let again = SessionIdentity(scope: first.scope, key: try scene.identity(2).key, id: first.id)
            for identity in [first, again] {
                try expectEqual(
                    try await scene.refusal(of: try scene.commit(identity, head: 0)), .sessionDeleted, "refusal")
            }
            try expectEqual(
                try await scene.refusal(of: try scene.commit(first, head: 2)), .conflict(head: 0), "a later event")
            try expect(try await scene.store.find(first.id, in: first.scope) == nil, "a deleted session is found")
            // The same id is free elsewhere, and a refused start can be given its outcome.
            let foreign = try scene.identity(1, in: scene.foreign[0], random: 8)
            _ = try await scene.store.commit(try scene.commit(foreign, head: 0))
            let start = scene.command(1, for: again)
            try await scene.store.store(start)
            let refused = DecidedCommand(id: start.id, outcome: .refused(Rejection(.sessionDeleted, "it was deleted")))
            _ = try await scene.store.commit(try scene.commit(again, head: 0, events: [], decided: refused))
            let view = try await scene.store.storedCommand(start.id, in: scene.scope)
            try expectEqual(view?.outcome, refused.outcome, "outcome of a start that came late")
        },
        scene("I3: a session that runs, ended later, or has a stored command without outcome is not retired") { scene in
            let (running, late, wanted) = (try scene.identity(1), try scene.identity(2), try scene.identity(3))
            _ = try await scene.store.commit(try scene.commit(running, head: 0))
            try await scene.end(late, at: 100)
            try await scene.end(wanted, at: 1)
            try await scene.store.store(scene.command(1, for: wanted))
            let page = try await scene.retire([running, late, wanted])
            try expectEqual(page, RetiredPage(retired: [], left: []), "what was retired")
            for identity in [running, late, wanted] {
                try expect(try await scene.head(identity) != nil, "\(identity.id) is gone")
            }
            let decided = DecidedCommand(id: JournalScene.commandID(1), outcome: .dead("x"))
            _ = try await scene.store.decide(decided, in: scene.scope)
            try expectEqual(try await scene.retire([wanted]).retired, [wanted.key], "retired after the outcome")
        },
        scene("I2: a stale fence, or none, retires nothing") { scene in
            let identities = try [scene.identity(1, shard: 7), scene.identity(2, shard: 8)]
            for identity in identities { try await scene.end(identity, at: 1) }
            let (first, second) = (try scene.fence(identities[0]), try scene.fence(identities[1]))
            let raised = try await scene.store.raiseGeneration(of: first)
            for fences in [[], [raised], [first, second]] {
                try await JournalScene.expectRefusal("retiring under \(fences)") { () async throws(JournalError) in
                    _ = try await scene.store.retire(scene.retirement(identities, fences: fences))
                }
            }
            for identity in identities { try expectEqual(try await scene.head(identity), 2, "head") }
            let page = try await scene.store.retire(scene.retirement(identities, fences: [raised, second]))
            try expectEqual(page.retired, identities.map(\.key), "retired under the raised generation")
            _ = try await scene.store.takeUp(node: try NodeName("node-2"))
            try await JournalScene.expectRefusal("retiring under an old epoch") { () async throws(JournalError) in
                _ = try await scene.store.retire(scene.retirement(identities, fences: [raised, second]))
            }
        },
        scene("I5: a session is not retired in the name of another project") { scene in
            let identity = try scene.identity(1)
            try await scene.end(identity, at: 1)
            for foreign in scene.foreign {
                let page = try await scene.store.retire(
                    scene.retirement([identity], in: foreign, fences: [try scene.fence(identity)]))
                try expect(page.retired.isEmpty, "another project retired it")
                try expect(
                    try await scene.store.archive(of: identity.id, in: foreign, page: 0) == nil, "a foreign archive")
            }
            try expectEqual(try await scene.head(identity), 2, "head")
        },
        scene("the feed is whole from the last event of a retired session on, and its head does not go back") { scene in
            try await retireFromFeed(scene)
        },
        scene("an archived log is read back event by event, in pages") { scene in try await archive(scene) },
        scene("lists go on after a session or request that was retired meanwhile") { scene in
            let identities = try (1...4).map { try scene.identity($0) }
            for (index, identity) in identities.enumerated() {
                let request = RequestID(
                    time: JournalScene.time(Int64(index)), random: Identifier128(high: 1, low: UInt64(index)))
                try await scene.end(identity, at: 1, requests: [request])
            }
            let cursor = try await scene.store.requests(RequestQuery(limit: 2), in: scene.scope)[1]
            try expectEqual(cursor.session, identities[2], "session of the second request")
            try expectEqual(try await scene.retire([identities[2]]).retired.count, 1, "retired")
            let sessions = try await scene.store.sessions(
                SessionQuery(before: identities[2].key, limit: 9), in: scene.scope)
            try expectEqual(sessions, [identities[1], identities[0]], "sessions after the cursor")
            let requests = try await scene.store.requests(RequestQuery(before: cursor.id, limit: 9), in: scene.scope)
            try expectEqual(requests.map(\.session), [identities[1], identities[0]], "requests after the cursor")
        },
    ]

    private static func deleteAmongNeighbours(_ scene: JournalScene) async throws {
        let identities = try (1...3).map { try scene.identity($0) }
        let request = { (number: Int) in JournalScene.request(UInt64(number)) }
        for (index, identity) in identities.enumerated() {
            let command = scene.command(Int64(index), for: identity)
            try await scene.store.store(command)
            try await scene.end(
                identity, at: 1, requests: [request(index)],
                decided: DecidedCommand(id: command.id, outcome: .applied(.session(isNew: false))),
                idempotency: JournalScene.idempotency("key-\(index)", identity))
        }
        let gone = identities[1]
        try expectEqual(try await scene.retire([gone]), RetiredPage(retired: [gone.key], left: []), "retired")
        for (index, identity) in identities.enumerated() {
            let isKept = index != 1
            func check(_ isThere: Bool, _ what: String) throws {
                try expect(isThere == isKept, "\(what) of session \(index) is \(isThere ? "there" : "gone")")
            }
            try check(try await scene.head(identity) == 2, "head")
            try check(try await scene.log(identity).count == 2, "log")
            let stored = try await scene.store.load(identity.key, in: scene.scope, usingSnapshot: true)
            try check(stored?.snapshot?.sequence == 2, "snapshot")
            try check(try await scene.store.request(request(index), in: scene.scope) != nil, "request")
            try check(try await !scene.store.secrets(of: request(index), in: scene.scope).isEmpty, "secrets")
            let id = JournalScene.commandID(Int64(index))
            try check(try await scene.store.storedCommand(id, in: scene.scope) != nil, "stored command")
            try check(try await scene.store.idempotencyRecord("key-\(index)", in: scene.scope) != nil, "key")
        }
        let kept = [identities[2], identities[0]]
        try expectEqual(try await scene.store.sessions(SessionQuery(limit: 9), in: scene.scope), kept, "sessions")
        let requests = try await scene.store.requests(RequestQuery(limit: 9), in: scene.scope)
        try expectEqual(requests.map(\.session), kept, "sessions of requests")
        try expectEqual(try await scene.retire([gone]).retired, [], "retired a second time")
        // What comes after goes where the deleted was, and is found.
        let next = try scene.identity(4)
        try await scene.end(next, at: 1, requests: [request(9)])
        try expectEqual(
            try await scene.store.sessions(SessionQuery(limit: 9), in: scene.scope), [next] + kept, "sessions later")
        try expect(try await scene.store.request(request(9), in: scene.scope) != nil, "a later request is not found")
    }

    private static func retireFromFeed(_ scene: JournalScene) async throws {
        let (first, second, third) = (try scene.identity(1), try scene.identity(2), try scene.identity(3))
        let begun = try await scene.store.commit(try scene.commit(third, head: 0, onFeed: true)).feedPosition
        try await scene.end(first, at: 1, onFeed: true)
        let items = try await scene.store.feed(in: scene.scope, after: .start, limit: 9)
        try await scene.end(second, at: 2, onFeed: true)
        let before = try await scene.store.feedBounds(in: scene.scope)
        try expect(before.oldest <= (begun ?? .start), "the feed is not whole from its beginning")
        try await scene.auditAll(of: scene.scope)
        _ = try await scene.retire([first])
        let bounds = try await scene.store.feedBounds(in: scene.scope)
        try expectEqual(bounds.oldest, items.last?.position, "oldest position after the first was retired")
        try expectEqual(bounds.head, before.head, "head")
        let rest = try await scene.store.feed(in: scene.scope, after: bounds.oldest, limit: 9)
        try expectEqual(rest.map(\.session), [second, second], "the feed from there on")
        _ = try await scene.retire([second])
        let after = try await scene.store.feedBounds(in: scene.scope)
        try expectEqual(after, FeedBounds(oldest: before.head, head: before.head), "bounds when the last is retired")
        try await scene.end(try scene.identity(4), at: 3, onFeed: true)
        let news = try await scene.store.feed(in: scene.scope, after: before.head, limit: 9)
        try expectEqual(news.map(\.session.id.text), ["session-4", "session-4"], "what comes after the old head")
        let kept = try await scene.store.feed(in: scene.scope, after: .start, limit: 9)
        try expectEqual(kept.first?.session, third, "what is kept of the beginning")
        try expectEqual(kept.count, 3, "items kept")
    }

    private static func archive(_ scene: JournalScene) async throws {
        let (large, small) = (try scene.identity(1), try scene.identity(2))
        let text = [UInt8](repeating: UInt8(ascii: "x"), count: 700_000)
        let events = (1...8).map { number in
            JournalScene.event(
                Int64(number), type: "step_\"completed\"", data: Array("{\"x\":\"".utf8) + text + Array("\"}".utf8),
                isOnFeed: number == 2)
        }
        _ = try await scene.store.commit(
            try scene.commit(large, head: 0, events: events, summary: scene.summary(.failed)))
        try await scene.end(small, at: 1)
        try await scene.auditAll(of: scene.scope)
        let log = try await scene.log(small)
        // The bytes of the first are enough for one transaction.
        let page = try await scene.retire([large, small], mode: .archive)
        try expectEqual(page, RetiredPage(retired: [large.key], left: [small.key]), "the first transaction")
        try expectEqual(try await scene.retire([small], mode: .archive).retired, [small.key], "the second")
        var bytes: [UInt8] = []
        var number = 0
        while let page = try await scene.store.archive(of: large.id, in: scene.scope, page: number) {
            try expect(page.bytes.count <= RetentionLimits.pageBytes, "a page has \(page.bytes.count) bytes")
            try expectEqual(page.key, large.key, "key")
            try expectEqual(page.retiredAt, JournalScene.time(1_000), "when")
            bytes += page.bytes
            number += 1
        }
        try expect(number == 6, "the log has \(number) pages")
        try expect(try ArchivedLog.decode(bytes) == events, "the archived log differs")
        let whole = try await scene.store.archive(of: small.id, in: scene.scope, page: 0)
        try expectEqual(try ArchivedLog.decode(whole?.bytes ?? []), log, "the small log")
        let all = try await scene.store.archivedSessions(in: scene.scope, after: nil, limit: 9)
        try expectEqual(all, [large.id, small.id], "archived sessions")
        let rest = try await scene.store.archivedSessions(in: scene.scope, after: large.id, limit: 1)
        try expectEqual(rest, [small.id], "archived sessions after the first")
    }
}

extension RetentionPolicy {
    fileprivate static func of(_ days: Int64, _ mode: Mode) throws -> RetentionPolicy {
        try expectPresent(RetentionPolicy(finishedAfterDays: days, mode: mode), "policy of \(days) days")
    }
}

extension JournalScene {
    fileprivate func identity(_ number: Int, in scope: Scope, random: Int) throws -> SessionIdentity {
        SessionIdentity(scope: scope, key: try identity(number + 100 * random).key, id: try identity(number).id)
    }

    /// Begins and ends a session with two events, so many milliseconds after the epoch.
    fileprivate func end(
        _ identity: SessionIdentity, at offset: Int64, onFeed: Bool = false, requests: [RequestID] = [],
        decided: DecidedCommand? = nil, idempotency: IdempotencyRecord? = nil
    ) async throws {
        let standard = summary(.completed)
        let summary = SessionSummary(
            status: .completed, wakeAt: nil, agent: standard.agent, createdAt: standard.createdAt,
            updatedAt: Self.time(offset))
        let changes = requests.map {
            RequestChange(id: $0, type: .decision, status: .answered, openedAt: 1, closedAt: 2)
        }
        let secrets = requests.map { SealedSecret(handle: SecretHandle(request: $0, field: "f"), box: [1]) }
        _ = try await store.commit(
            try commit(
                identity, head: 0, events: [Self.event(1, isOnFeed: onFeed), Self.event(2, isOnFeed: onFeed)],
                summary: summary, requests: changes, snapshot: Self.snapshot(2, "end"), secrets: secrets,
                decided: decided, idempotency: idempotency))
    }

    fileprivate func retirement(
        _ sessions: [SessionIdentity], in scope: Scope? = nil, fences: [Fence], mode: RetentionPolicy.Mode = .delete
    ) -> Retirement {
        Retirement(
            scope: scope ?? self.scope, sessions: sessions.map(\.key), fences: fences, endedBefore: Self.time(50),
            mode: mode, at: Self.time(1_000))
    }

    /// Retires sessions that ended in the first 50 milliseconds.
    fileprivate func retire(
        _ sessions: [SessionIdentity], mode: RetentionPolicy.Mode = .delete
    ) async throws -> RetiredPage {
        let fences = try Set(sessions.map { try fence($0) })
        return try await store.retire(retirement(sessions, fences: Array(fences), mode: mode))
    }
}
