import HoldpointCore
import HoldpointPorts

extension JournalConformance {
    static let audit: [ConformanceCase<Store>] = [
        scene("an audit log begins empty, takes rows, and gives them back in pages") { scene in
            try expectEqual(try await scene.store.auditState(in: scene.scope), .beginning, "state at first")
            try expect(try await scene.audit(rows: 3, at: 5), "the first rows were not appended")
            try expect(try await scene.audit(rows: 0, at: 6), "a move without rows was not made")
            try expect(try await scene.audit(rows: 2, at: 7), "later rows were not appended")
            let state = try await scene.store.auditState(in: scene.scope)
            try expectEqual(state.position, FeedPosition(transaction: 7), "place in the feed")
            let all = try await scene.store.auditRows(in: scene.scope, after: 0, limit: 9)
            try expectEqual(all.map(\.number), [1, 2, 3, 4, 5], "numbers")
            try expectEqual(state.head, all.last?.head, "head")
            try expectEqual(all, (1...5).map { JournalScene.row($0) }, "rows")
            for number: Int64 in 0...5 {
                let page = try await scene.store.auditRows(in: scene.scope, after: number, limit: 2)
                try expectEqual(page, Array(all.dropFirst(Int(number)).prefix(2)), "page after row \(number)")
            }
            let second = JournalScene.request(2)
            try expectEqual(try await scene.store.auditRow(of: second, in: scene.scope), all[1], "row of a request")
            try expect(
                try await scene.store.auditRow(of: JournalScene.request(3), in: scene.scope) == nil,
                "a row was found of a request that has none")
        },
        scene("rows go to the end that their writer saw, or nowhere") { scene in
            _ = try await scene.audit(rows: 2, at: 5)
            let state = try await scene.store.auditState(in: scene.scope)
            let stale = [
                AuditState.beginning, AuditState(head: .beginning, position: state.position),
                AuditState(head: state.head, position: FeedPosition(transaction: 4)),
                AuditState(head: state.head, position: FeedPosition(transaction: 4, index: 1)),
                AuditState(head: AuditHead(number: 2, hash: .zero), position: state.position),
                AuditState(head: AuditHead(number: 1, hash: state.head.hash), position: state.position),
            ]
            for from in stale {
                try expect(try await !scene.audit(rows: 1, at: 9, from: from), "rows were appended after \(from)")
            }
            try expectEqual(try await scene.store.auditState(in: scene.scope), state, "state")
            try expectEqual(
                try await scene.store.auditRows(in: scene.scope, after: 0, limit: 9).count, 2, "rows")
        },
        scene("of many who append at once to the same end exactly one does, and no row comes twice") { scene in
            for round: Int64 in 1...5 {
                let from = try await scene.store.auditState(in: scene.scope)
                let made = try await withThrowingTaskGroup(of: Bool.self) { group in
                    for _ in 0..<8 {
                        group.addTask { try await scene.audit(rows: 3, at: round * 10, from: from) }
                    }
                    return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
                }
                try expectEqual(made, 1, "appends that were made in round \(round)")
            }
            let rows = try await scene.store.auditRows(in: scene.scope, after: 0, limit: 99)
            try expectEqual(rows, (1...15).map { JournalScene.row($0) }, "rows")
        },
        scene("I2: a stale fence, or that of another shard, appends nothing") { scene in
            let fence = try scene.auditFence()
            let raised = try await scene.store.raiseGeneration(of: fence)
            let other = try expectPresent(scene.tenure.fences.first { $0.shard != fence.shard }, "another fence")
            for stale in [fence, other] { try await scene.expectFenced(stale) }
            try expect(try await scene.audit(rows: 1, at: 5, fence: raised), "the raised fence appends nothing")
            _ = try await scene.store.takeUp(node: try NodeName("node-2"))
            try await scene.expectFenced(raised)
            try expectEqual(try await scene.store.auditState(in: scene.scope).head.number, 1, "rows")
        },
        scene("I5: each project has an audit log of its own, and sees no other") { scene in
            _ = try await scene.audit(rows: 2, at: 5)
            for foreign in scene.foreign {
                let state = try await scene.store.auditState(in: foreign)
                let rows = try await scene.store.auditRows(in: foreign, after: 0, limit: 9)
                let row = try await scene.store.auditRow(of: JournalScene.request(2), in: foreign)
                try expect(state == .beginning && rows.isEmpty && row == nil, "\(foreign) sees the log")
                try expect(try await scene.audit(rows: 1, at: 3, in: foreign), "\(foreign) has no log of its own")
            }
            try expectEqual(try await scene.store.auditState(in: scene.scope).head.number, 2, "rows")
            let unknown = try JournalScene.scope("acme", "nothing")
            try expectEqual(try await scene.store.auditState(in: unknown), .beginning, "state of no project")
            try await JournalScene.expectRefusal("a log of no project") { () async throws(JournalError) in
                _ = try await scene.store.append(
                    scene.append(
                        1, at: FeedPosition(transaction: 5), from: .beginning, in: unknown,
                        fence: scene.fence(auditing: unknown)))
            }
        },
        scene("rows that are not the next, too many or too large are refused") { scene in
            let fence = try scene.auditFence()
            let long = AuditRow(
                number: 1, entry: [UInt8](repeating: 32, count: AuditLimits.entryBytes + 1), hash: .zero, request: nil,
                signature: nil)
            let many = (1...Int64(AuditLimits.rows + 1)).map { JournalScene.row($0) }
            for rows in [[JournalScene.row(2)], [JournalScene.row(1), JournalScene.row(3)], [long], many] {
                try await JournalScene.expectRefusal("\(rows.count) rows") { () async throws(JournalError) in
                    _ = try await scene.store.append(
                        AuditAppend(
                            scope: scene.scope, fence: fence, from: .beginning, rows: rows,
                            position: FeedPosition(transaction: 1)))
                }
            }
            try expectEqual(try await scene.store.auditState(in: scene.scope), .beginning, "state")
            try expect(
                try await scene.store.append(
                    AuditAppend(
                        scope: scene.scope, fence: fence, from: .beginning, rows: Array(many.dropLast()),
                        position: FeedPosition(transaction: 1))), "as many rows as may be were not appended")
        },
        scene("a page of an audit log ends once its entries have the bytes of a page") { scene in
            let size = AuditLimits.entryBytes
            let rows = (1...Int64(JournalPage.bytes / size + 5)).map { number in
                AuditRow(
                    number: number, entry: [UInt8](repeating: 32, count: size), hash: JournalScene.row(number).hash,
                    request: nil, signature: nil)
            }
            _ = try await scene.store.append(
                AuditAppend(
                    scope: scene.scope, fence: try scene.auditFence(), from: .beginning, rows: rows,
                    position: FeedPosition(transaction: 1)))
            let page = try await scene.store.auditRows(in: scene.scope, after: 0, limit: 1_000)
            try expectEqual(page.count, JournalPage.bytes / size, "rows of the first page")
            let rest = try await scene.store.auditRows(in: scene.scope, after: Int64(page.count), limit: 1_000)
            try expectEqual(rest.count, 5, "rows of the second page")
        },
        scene("projects with events on their feeds that are not audited are found, page by page") { scene in
            let scopes = ([scene.scope] + scene.foreign).sorted()
            func found(_ limit: Int) async throws -> [Scope] {
                var all: [Scope] = []
                var last: Scope?
                repeat {
                    let page = try await scene.store.unaudited(after: last, limit: limit)
                    all += page.scopes
                    last = page.last
                } while last != nil
                return all
            }
            try expectEqual(try await found(9), [], "projects without events")
            for (index, scope) in scopes.enumerated() {
                _ = try await scene.store.commit(
                    try scene.commit(try scene.identity(index, in: scope), head: 0, onFeed: index != 1))
            }
            for limit in 1...4 {
                try expectEqual(try await found(limit), [scopes[0], scopes[2]], "projects by pages of \(limit)")
            }
            try await scene.auditAll(of: scopes[0])
            try expectEqual(try await found(9), [scopes[2]], "projects once the first is audited")
            _ = try await scene.store.commit(
                try scene.commit(try scene.identity(0, in: scopes[0]), head: 1, onFeed: true))
            try expectEqual(try await found(9), [scopes[0], scopes[2]], "projects once there is another event")
        },
        scene("a session is not retired before its last event on the feed is audited") { scene in
            let identity = try scene.identity(1)
            _ = try await scene.store.commit(
                try scene.commit(identity, head: 0, count: 2, onFeed: true, status: .completed))
            let retirement = Retirement(
                scope: scene.scope, sessions: [identity.key], fences: [try scene.fence(identity)],
                endedBefore: JournalScene.time(50), mode: .delete, at: JournalScene.time(1_000))
            try expectEqual(try await scene.store.retire(retirement).retired, [], "retired while nothing is audited")
            let first = try await scene.store.feed(in: scene.scope, after: .start, limit: 1)
            _ = try await scene.audit(rows: 1, at: first[0].position)
            try expectEqual(try await scene.store.retire(retirement).retired, [], "retired while a part is audited")
            try await scene.auditAll(of: scene.scope)
            try expectEqual(try await scene.store.retire(retirement).retired, [identity.key], "retired")
            try expectEqual(
                try await scene.store.auditRows(in: scene.scope, after: 0, limit: 9).map(\.number), [1, 2],
                "rows that outlive it")
        },
    ]
}

extension JournalScene {
    /// A row of that number; every second one is a decision's.
    static func row(_ number: Int64) -> AuditRow {
        let entry = Array("{\"n\":\(number)}".utf8)
        let isDecision = number.isMultiple(of: 2)
        return AuditRow(
            number: number, entry: entry, hash: SimulatedHasher().sha256(entry),
            request: isDecision ? request(UInt64(number)) : nil,
            signature: isDecision ? SimulatedSigner(seed: 1).sign(entry) : nil)
    }

    func fence(auditing scope: Scope) -> Fence {
        tenure.fences.first { $0.shard == Shard(auditing: scope) }
            ?? Fence(shard: Shard(auditing: scope), epoch: 0, generation: 0)
    }

    func auditFence() throws -> Fence {
        try expectPresent(tenure.fences.first { $0.shard == Shard(auditing: scope) }, "fence of the audit")
    }

    func append(
        _ count: Int64, at position: FeedPosition, from: AuditState, in scope: Scope, fence: Fence
    ) -> AuditAppend {
        let first = from.head.number + 1
        return AuditAppend(
            scope: scope, fence: fence, from: from, rows: (first..<first + count).map { Self.row($0) },
            position: position)
    }

    /// Appends rows to a log, from where it ends if nothing else is said.
    func audit(
        rows count: Int64, at position: FeedPosition, from: AuditState? = nil, in scope: Scope? = nil,
        fence: Fence? = nil
    ) async throws -> Bool {
        let scope = scope ?? self.scope
        let state = try await store.auditState(in: scope)
        return try await store.append(
            append(count, at: position, from: from ?? state, in: scope, fence: fence ?? self.fence(auditing: scope)))
    }

    func audit(
        rows count: Int64, at place: Int64, from: AuditState? = nil, in scope: Scope? = nil, fence: Fence? = nil
    ) async throws -> Bool {
        try await audit(
            rows: count, at: FeedPosition(transaction: place), from: from, in: scope, fence: fence)
    }

    /// Says of a project's whole feed that it is audited.
    func auditAll(of scope: Scope) async throws {
        let head = try await store.feedBounds(in: scope).head
        try expect(try await audit(rows: 1, at: head, in: scope), "the feed could not be audited")
    }

    fileprivate func expectFenced(_ fence: Fence) async throws {
        do throws(JournalError) {
            _ = try await store.append(
                append(1, at: FeedPosition(transaction: 5), from: .beginning, in: scope, fence: fence))
        } catch .fenced {
            return
        }
        throw ConformanceFailure(description: "rows were appended under \(fence)")
    }
}
