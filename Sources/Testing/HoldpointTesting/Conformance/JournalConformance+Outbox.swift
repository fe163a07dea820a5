import HoldpointCore
import HoldpointPorts

extension JournalConformance {
    /// What a project's webhook is to be told of is kept with the events, and written on by the shard's owner alone.
    static let outbox: [ConformanceCase<Store>] = [
        scene("I1: a commit's deliveries are there with its events, or not at all") { scene in
            try await deliverWithEvents(scene)
        },
        scene("I1: a refused commit leaves no delivery") { scene in
            let identity = try scene.identity(1)
            try await put(scene)
            _ = try await scene.store.commit(try scene.commit(identity, head: 0))
            let late = try telling(scene, identity, head: 7)
            try expectEqual(try await scene.refusal(of: late), .conflict(head: 1), "refusal")
            _ = try await scene.store.takeUp(node: try NodeName("node-2"))
            let fenced = try telling(scene, identity, head: 1)
            try expectEqual(try await scene.refusal(of: fenced), .fenced, "refusal")
            try expect(try await listed(scene).isEmpty, "a refused commit left a delivery")
        },
        scene("a webhook that is not there, not enabled or another one is told of nothing") { scene in
            try await commitWithoutWebhook(scene)
        },
        scene("what is due comes project by project, the first due first") { scene in try await readDue(scene) },
        scene("what came of an attempt is written once, while the delivery is pending") { scene in
            try await settleOnce(scene)
        },
        scene("I2: nobody but the shard's owner says what came of a delivery") { scene in
            try await settleFenced(scene)
        },
        scene("settlements at once are each written or refused for themselves") { scene in
            try await settleAtOnce(scene)
        },
        scene("I5: deliveries are found, settled and asked for again within their project only") { scene in
            try await isolateDeliveries(scene)
        },
        scene("a delivery is due again from the beginning when somebody asks for it") { scene in
            let identity = try scene.identity(1)
            try await put(scene)
            _ = try await scene.store.commit(try telling(scene, identity, head: 0))
            let id = DeliveryID(session: identity.key, sequence: 1)
            let failed = state(.failed, attempts: 10, tries: 10, due: 900, error: "the receiver answered 500")
            _ = try await scene.store.settle(try settlement(scene, identity, failed))
            let again = try await scene.store.redeliver(id, in: scene.scope, at: JournalScene.time(70))
            try expectEqual(again?.state, failed.wantedAgain(at: JournalScene.time(70)), "state")
            try expectEqual(try await listed(scene), [again].compactMap(\.self), "deliveries")
            try expectEqual(try await due(scene, at: 69), [], "due before")
            try expectEqual(try await due(scene, at: 70), [id], "due then")
            let unknown = DeliveryID(session: identity.key, sequence: 2)
            let none = try await scene.store.redeliver(unknown, in: scene.scope, at: JournalScene.time(70))
            try expect(none == nil, "a delivery that is not there was asked for")
        },
        scene("deliveries are listed newest first, in pages, by where they stand") { scene in try await list(scene) },
        scene("deliveries are cleared away when they are to be forgotten, or their webhook is gone") { scene in
            try await clear(scene)
        },
        scene("retiring a session takes its deliveries with it") { scene in
            let identity = try scene.identity(1)
            try await put(scene)
            _ = try await scene.store.commit(
                try telling(scene, identity, head: 0, summary: scene.summary(.completed)))
            _ = try await scene.store.commit(try telling(scene, try scene.identity(2), head: 0))
            try await scene.auditAll(of: scene.scope)
            let retired = try await scene.store.retire(
                Retirement(
                    scope: scene.scope, sessions: [identity.key], fences: [try scene.fence(identity)],
                    endedBefore: JournalScene.time(1_000), mode: .delete, at: JournalScene.time(2_000)))
            try expectEqual(retired.retired, [identity.key], "retired sessions")
            try expectEqual(try await listed(scene).map(\.session), [try scene.identity(2)], "deliveries that are left")
        },
    ]

    // MARK: Parts

    static func webhook(
        _ number: UInt64 = 1, revision: Int64 = 1, isEnabled: Bool = true, types: Set<EventType>? = nil
    ) -> WebhookRecord {
        WebhookRecord(
            id: WebhookID(Identifier128(high: 9, low: number)), revision: revision, url: "https://example.org/é?a=b",
            types: types, isEnabled: isEnabled, disabledReason: isEnabled ? nil : "the receiver answered 410",
            box: [1, 0, 255], createdAt: JournalScene.time(1), updatedAt: JournalScene.time(revision))
    }

    static func put(_ record: WebhookRecord = webhook(), _ scene: JournalScene, in scope: Scope? = nil) async throws {
        let isPut = try await scene.store.putWebhook(record, in: scope ?? scene.scope)
        try expect(isPut, "the webhook was not put")
    }

    private static func put(_ scene: JournalScene) async throws { try await put(webhook(), scene) }

    /// A commit of events of which a webhook is to be told.
    private static func telling(
        _ scene: JournalScene, _ identity: SessionIdentity, head: Int64, count: Int64 = 1,
        summary: SessionSummary? = nil,
        webhook number: UInt64 = 1
    ) throws -> SessionCommit {
        let numbers = (head + 1)...(head + count)
        return try scene.commit(
            identity, head: head,
            events: numbers.map { JournalScene.event($0, type: "hitl_requested", isOnFeed: true) }, summary: summary
        ).telling(
            numbers.map {
                OutboxEntry(
                    webhook: webhook(number).id, sequence: $0, type: EventType("hitl_requested"),
                    time: JournalScene.time($0))
            })
    }

    private static func state(
        _ status: DeliveryState.Status, attempts: Int64 = 1, tries: Int64 = 1, due: Int64 = 50, code: Int64? = nil,
        error: String? = nil
    ) -> DeliveryState {
        DeliveryState(
            status: status, attempts: attempts, tries: tries, due: JournalScene.time(due), lastStatus: code,
            lastError: error, lastAttemptAt: JournalScene.time(due - 1))
    }

    private static func settlement(
        _ scene: JournalScene, _ identity: SessionIdentity, _ state: DeliveryState, sequence: Int64 = 1,
        in scope: Scope? = nil
    ) throws -> DeliverySettlement {
        DeliverySettlement(
            scope: scope ?? identity.scope, id: DeliveryID(session: identity.key, sequence: sequence), state: state,
            fence: try scene.fence(identity))
    }

    private static func listed(_ scene: JournalScene, in scope: Scope? = nil) async throws -> [DeliveryRecord] {
        try await scene.store.deliveries(DeliveryQuery(limit: 100), in: scope ?? scene.scope)
    }

    private static func due(
        _ scene: JournalScene, at offset: Int64, shards: [Shard] = Shard.all, after last: Scope? = nil,
        page: DuePage = DuePage(projects: 9, perProject: 9)
    ) async throws -> [DeliveryID] {
        try await scene.store.dueDeliveries(in: shards, at: JournalScene.time(offset), after: last, page: page).map(
            \.id)
    }
}

extension SessionCommit {
    /// The same commit with events for the project's webhook.
    fileprivate func telling(_ outbox: [OutboxEntry]) -> SessionCommit { fenced(by: fence, telling: outbox) }
}

// MARK: Cases

extension JournalConformance {
    private static func deliverWithEvents(_ scene: JournalScene) async throws {
        let identity = try scene.identity(1)
        try await put(scene)
        _ = try await scene.store.commit(try telling(scene, identity, head: 0, count: 2))
        _ = try await scene.store.commit(try scene.commit(identity, head: 2))
        _ = try await scene.store.commit(try telling(scene, identity, head: 3))
        let records = try await listed(scene)
        try expectEqual(records.map(\.sequence), [4, 2, 1], "events of the deliveries")
        for record in records {
            try expectEqual(record.session, identity, "session")
            try expectEqual(record.type.text, "hitl_requested", "type")
            try expectEqual(record.createdAt, JournalScene.time(record.sequence), "time")
            try expectEqual(record.state, DeliveryState(from: JournalScene.time(record.sequence)), "state")
        }
        let found = try await scene.store.dueDeliveries(
            in: [identity.key.shard], at: JournalScene.time(9), after: nil, page: DuePage(projects: 1, perProject: 9))
        let expected = [1, 2, 4].map { (number: Int64) in
            DueDelivery(
                webhook: webhook().id, session: identity, sequence: number,
                state: DeliveryState(from: JournalScene.time(number)))
        }
        try expectEqual(found, expected, "due deliveries")
    }

    private static func commitWithoutWebhook(_ scene: JournalScene) async throws {
        let identity = try scene.identity(1)
        _ = try await scene.store.commit(try telling(scene, identity, head: 0))
        try await put(webhook(2), scene)
        _ = try await scene.store.commit(try telling(scene, identity, head: 1))
        try await put(webhook(2, revision: 2, isEnabled: false), scene)
        _ = try await scene.store.commit(try telling(scene, identity, head: 2, webhook: 2))
        try await put(webhook(2, revision: 3), scene)
        try expect(try await listed(scene).isEmpty, "something was kept for a webhook that is told of nothing")
        _ = try await scene.store.commit(try telling(scene, identity, head: 3, webhook: 2))
        try expectEqual(try await listed(scene).map(\.sequence), [4], "deliveries")
        // What waits is not due while the webhook is not enabled, and is again once it is.
        try await put(webhook(2, revision: 4, isEnabled: false), scene)
        try expectEqual(try await due(scene, at: 99), [], "due while it is not enabled")
        let resting = try await scene.store.dueDeliveries(
            of: scene.scope, in: Shard.all, at: JournalScene.time(99), limit: 9)
        try expectEqual(resting, [], "due of the project while it is not enabled")
        try await put(webhook(2, revision: 5), scene)
        try expectEqual(try await due(scene, at: 99).map(\.sequence), [4], "due when it is enabled again")
        _ = try await scene.store.deleteWebhook(in: scene.scope)
        try expectEqual(try await due(scene, at: 99), [], "due when it is gone")
        try expect(try await listed(scene).isEmpty, "deliveries of a webhook that is gone are listed")
        try await put(webhook(3), scene)
        try expectEqual(try await due(scene, at: 99), [], "due for another one")
        try expect(try await listed(scene).isEmpty, "deliveries of a webhook that is gone are listed for another one")
    }

    private static func readDue(_ scene: JournalScene) async throws {
        let scopes = [scene.scope] + scene.foreign
        for (index, scope) in scopes.enumerated() {
            try await put(webhook(UInt64(index + 1)), scene, in: scope)
            for number in 1...4 {
                let identity = try scene.identity(number + 10 * index, shard: UInt8(number), in: scope)
                _ = try await scene.store.commit(
                    try telling(scene, identity, head: 0, count: 1, webhook: UInt64(index + 1)))
            }
        }
        let first = try scene.identity(3, shard: 3)
        _ = try await scene.store.settle(try settlement(scene, first, state(.pending, due: 0, error: "x")))
        let shards = (1...3).map { Shard($0) }
        let page = DuePage(projects: 2, perProject: 2)
        var found: [DueDelivery] = []
        var last: Scope?
        var pages = 0
        repeat {
            let rows = try await scene.store.dueDeliveries(
                in: shards, at: JournalScene.time(1), after: last, page: page)
            found += rows
            last = rows.last?.session.scope
            pages += 1
        } while last != nil
        try expectEqual(pages, 3, "pages, the last one empty")
        try expectEqual(Set(found.map(\.session.scope)), Set(scopes), "projects")
        for scope in scopes {
            let own = found.filter { $0.session.scope == scope }
            try expectEqual(own.count, 2, "deliveries of \(scope)")
            try expect(own.allSatisfy { shards.contains($0.session.key.shard) }, "a delivery is of another shard")
        }
        try expectEqual(found.first { $0.session.scope == scene.scope }?.session, first, "the first due")
        let more = try await scene.store.dueDeliveries(
            of: scene.scope, in: shards, at: JournalScene.time(1), limit: 9)
        try expectEqual(more.map(\.session.key.shard.number), [3, 1, 2], "deliveries of one project")
        try expectEqual(try await due(scene, at: 0, shards: shards), [more[0].id], "due earlier")
        try expectEqual(try await due(scene, at: 9, shards: []), [], "due in no shard")
    }

    private static func settleOnce(_ scene: JournalScene) async throws {
        let identity = try scene.identity(1)
        try await put(scene)
        _ = try await scene.store.commit(try telling(scene, identity, head: 0, count: 2))
        let waiting = state(.pending, due: 60, code: 503, error: "the receiver answered 503")
        let isWritten = try await scene.store.settle(try settlement(scene, identity, waiting))
        try expect(isWritten, "a pending delivery was not settled")
        try expectEqual(try await due(scene, at: 59).map(\.sequence), [2], "due before the next attempt")
        try expectEqual(try await due(scene, at: 60).map(\.sequence), [2, 1], "due at the next attempt")
        let delivered = state(.delivered, attempts: 2, tries: 2, due: 900, code: 204)
        let isDelivered = try await scene.store.settle(try settlement(scene, identity, delivered))
        let isAgain = try await scene.store.settle(try settlement(scene, identity, waiting))
        let isUnknown = try await scene.store.settle(try settlement(scene, identity, waiting, sequence: 3))
        try expectEqual([isDelivered, isAgain, isUnknown], [true, false, false], "whether it was written")
        try expectEqual(try await listed(scene).map(\.state).last, delivered, "state")
        try expectEqual(try await due(scene, at: 9_999).map(\.sequence), [2], "what is still due")
    }

    private static func settleFenced(_ scene: JournalScene) async throws {
        let identity = try scene.identity(1)
        try await put(scene)
        _ = try await scene.store.commit(try telling(scene, identity, head: 0))
        let delivered = state(.delivered, due: 900)
        let old = try scene.fence(identity)
        let raised = try await scene.store.raiseGeneration(of: old)
        func refusal(_ fence: Fence) async -> JournalError? {
            let settlement = DeliverySettlement(
                scope: scene.scope, id: DeliveryID(session: identity.key, sequence: 1), state: delivered, fence: fence)
            do throws(JournalError) {
                _ = try await scene.store.settle(settlement)
                return nil
            } catch {
                return error
            }
        }
        try expectEqual(await refusal(old), .fenced, "refusal under an old generation")
        let other = try expectPresent(scene.tenure.fences.first { $0.shard == Shard(8) }, "fence")
        try expectEqual(await refusal(other), .fenced, "refusal under the fence of another shard")
        _ = try await scene.store.takeUp(node: try NodeName("node-2"))
        try expectEqual(await refusal(raised), .fenced, "refusal under an old epoch")
        try expectEqual(try await listed(scene).map(\.state.status), [.pending], "states")
    }

    private static func settleAtOnce(_ scene: JournalScene) async throws {
        try await put(scene)
        for number in 0..<30 {
            _ = try await scene.store.commit(
                try telling(scene, try scene.identity(number, shard: UInt8(number % 3)), head: 0))
        }
        let outcomes = await withTaskGroup(of: (Int, Bool?).self) { group in
            for number in 0..<60 {
                group.addTask {
                    // Each twice, and the fence of every fifth is an old one.
                    let place = number / 2
                    guard let identity = try? scene.identity(place, shard: UInt8(place % 3)),
                        let fence = try? scene.fence(identity)
                    else { return (number, nil) }
                    let stale = Fence(shard: fence.shard, epoch: fence.epoch - 1, generation: fence.generation)
                    let settlement = DeliverySettlement(
                        scope: scene.scope, id: DeliveryID(session: identity.key, sequence: 1),
                        state: state(.delivered, due: 900), fence: place.isMultiple(of: 5) ? stale : fence)
                    return (number, try? await scene.store.settle(settlement))
                }
            }
            return await group.reduce(into: [Int: Bool?]()) { $0[$1.0] = .some($1.1) }
        }
        for place in 0..<30 {
            let both = [outcomes[2 * place] ?? nil, outcomes[2 * place + 1] ?? nil]
            if place.isMultiple(of: 5) {
                try expectEqual(both, [nil, nil], "settlements under an old fence")
            } else {
                try expectEqual(Set(both), [true, false], "settlements of delivery \(place)")
            }
        }
        let pending = try await scene.store.deliveries(DeliveryQuery(status: .pending, limit: 99), in: scene.scope)
        try expectEqual(pending.count, 6, "pending deliveries")
    }

    private static func isolateDeliveries(_ scene: JournalScene) async throws {
        let identity = try scene.identity(1)
        let id = DeliveryID(session: identity.key, sequence: 1)
        try await put(scene)
        _ = try await scene.store.commit(try telling(scene, identity, head: 0))
        for (index, foreign) in scene.foreign.enumerated() {
            // Even the same id of a webhook leads nowhere.
            try await put(webhook(index == 0 ? 1 : 7), scene, in: foreign)
            try expect(try await listed(scene, in: foreign).isEmpty, "deliveries were seen by \(foreign)")
            let found = try await scene.store.dueDeliveries(
                of: foreign, in: Shard.all, at: JournalScene.time(9), limit: 9)
            try expectEqual(found, [], "due deliveries of \(foreign)")
            let again = try await scene.store.redeliver(id, in: foreign, at: JournalScene.time(9))
            try expect(again == nil, "a delivery was asked for by \(foreign)")
            let isSettled = try await scene.store.settle(
                try settlement(scene, identity, state(.failed), in: foreign))
            try expect(!isSettled, "a delivery was settled by \(foreign)")
        }
        try expectEqual(try await listed(scene).map(\.state), [DeliveryState(from: JournalScene.time(1))], "states")
    }

    private static func list(_ scene: JournalScene) async throws {
        try await put(scene)
        for number in 1...6 {
            let identity = try scene.identity(number)
            _ = try await scene.store.commit(try telling(scene, identity, head: 0))
            if number.isMultiple(of: 2) {
                let isFailed = number.isMultiple(of: 4)
                _ = try await scene.store.settle(
                    try settlement(scene, identity, state(isFailed ? .failed : .delivered, error: isFailed ? "é" : nil))
                )
            }
        }
        func ids(_ status: DeliveryState.Status?, before: Int64? = nil, limit: Int = 9) async throws -> [String] {
            try await scene.store.deliveries(
                DeliveryQuery(status: status, before: before, limit: limit), in: scene.scope
            ).map(\.session.id.text)
        }
        try expectEqual(try await ids(nil), (1...6).reversed().map { "session-\($0)" }, "all")
        try expectEqual(try await ids(.pending), ["session-5", "session-3", "session-1"], "pending")
        try expectEqual(try await ids(.delivered), ["session-6", "session-2"], "delivered")
        try expectEqual(try await ids(.failed), ["session-4"], "failed")
        let first = try await scene.store.deliveries(DeliveryQuery(limit: 2), in: scene.scope)
        try expectEqual(try await ids(nil, before: first.last?.place, limit: 2), ["session-4", "session-3"], "page")
        try expectEqual(
            try await ids(.pending, before: first.last?.place, limit: 2), ["session-3", "session-1"], "pending page")
        let status = try await scene.store.outboxStatus(of: [Shard(7)])
        try expectEqual(
            status, OutboxStatus(pending: 3, failed: 1, oldestPending: JournalScene.time(1)), "status of the shard")
        let other = try await scene.store.outboxStatus(of: [Shard(8)])
        try expectEqual(other, OutboxStatus(pending: 0, failed: 0, oldestPending: nil), "status of another shard")
    }

    private static func clear(_ scene: JournalScene) async throws {
        try await put(scene)
        let other = scene.foreign[0]
        try await put(webhook(2), scene, in: other)
        for number in 1...6 {
            _ = try await scene.store.commit(try telling(scene, try scene.identity(number), head: 0))
        }
        _ = try await scene.store.commit(
            try telling(scene, try scene.identity(7, shard: 8, in: other), head: 0, webhook: 2))
        for number in 1...4 {
            let status: DeliveryState.Status = number.isMultiple(of: 2) ? .failed : .delivered
            _ = try await scene.store.settle(
                try settlement(scene, try scene.identity(number), state(status, due: 100 + Int64(number))))
        }
        func cleared(_ shard: UInt8, at offset: Int64, limit: Int = 9) async throws -> Int {
            try await scene.store.clearDeliveries(in: [Shard(shard)], at: JournalScene.time(offset), limit: limit)
        }
        try expectEqual(try await cleared(7, at: 101), 0, "cleared too early")
        try expectEqual(try await cleared(8, at: 999), 0, "cleared of another shard")
        try expectEqual(try await cleared(7, at: 104, limit: 2), 2, "cleared at most")
        try expectEqual(try await cleared(7, at: 104), 1, "cleared then")
        let left = try await listed(scene).map(\.session.id.text)
        try expectEqual(left, ["session-6", "session-5", "session-4"], "what is left")
        _ = try await scene.store.deleteWebhook(in: scene.scope)
        try expectEqual(try await cleared(7, at: 0), 3, "cleared with their webhook")
        try expectEqual(try await cleared(7, at: 0), 0, "cleared again")
        try expectEqual(try await listed(scene, in: other).count, 1, "deliveries of another project")
        let status = try await scene.store.outboxStatus(of: Shard.all)
        try expectEqual(status.pending, 1, "pending deliveries")
    }
}
