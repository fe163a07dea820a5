import HoldpointCore
import HoldpointPorts

extension JournalConformance {
    static let recovery: [ConformanceCase<Store>] = [
        scene("a life that was not laid down was an unclean death") { scene in
            let second = try await scene.store.takeUp(node: try NodeName("node-1"))
            try expect(second.followsUncleanDeath, "a death was not noticed")
            try await scene.store.layDown()
            let third = try await scene.store.takeUp(node: try NodeName("node-1"))
            try expect(!third.followsUncleanDeath, "a clean end was taken for a death")
        },
        scene("deadlines come in the order of time and key, in pages, for the given shards and range") { scene in
            let times: [Int64] = [30, 10, 20, 20, 20, 90]
            for (number, time) in times.enumerated() {
                _ = try await scene.store.commit(
                    try scene.commit(
                        try scene.identity(number, shard: number == 0 ? 9 : 7), head: 0, status: .waiting,
                        wakeAt: JournalScene.time(time)))
            }
            _ = try await scene.store.commit(try scene.commit(try scene.identity(6), head: 0))
            var found: [SessionDeadline] = []
            while true {
                let page = try await scene.store.deadlines(
                    shards: [Shard(7), Shard(9)], from: found.last?.wakeAt ?? JournalScene.time(0),
                    until: JournalScene.time(50), after: found.last?.identity.key, limit: 2)
                try expect(page.count <= 2, "a page is longer than its limit")
                if page.isEmpty { break }
                found += page
            }
            try expectEqual(
                found,
                try [(1, 10), (2, 20), (3, 20), (4, 20), (0, 30)].map { number, time in
                    SessionDeadline(
                        identity: try scene.identity(number, shard: number == 0 ? 9 : 7),
                        wakeAt: JournalScene.time(time))
                }, "deadlines")
            let shard = try await scene.store.deadlines(
                shards: [Shard(9)], from: JournalScene.time(0), until: JournalScene.time(50), after: nil, limit: 9)
            try expectEqual(shard.map(\.wakeAt), [JournalScene.time(30)], "deadlines of one shard")
        },
        scene("a session's deadline is the one of its last commit") { scene in
            let identity = try scene.identity(1)
            func due() async throws -> [Timestamp] {
                try await scene.store.deadlines(
                    shards: Shard.all, from: JournalScene.time(0), until: JournalScene.time(99), after: nil, limit: 9
                ).map(\.wakeAt)
            }
            _ = try await scene.store.commit(try scene.commit(identity, head: 0, wakeAt: JournalScene.time(10)))
            _ = try await scene.store.commit(try scene.commit(identity, head: 1, wakeAt: JournalScene.time(20)))
            try expectEqual(try await due(), [JournalScene.time(20)], "deadlines")
            _ = try await scene.store.commit(try scene.commit(identity, head: 2))
            try expectEqual(try await due(), [], "deadlines after the last")
        },
        scene("I10: a quarantined session is marked, has no deadline, and is listed as such until unmarked") { scene in
            let identity = try scene.identity(1)
            let fence = try scene.fence(identity)
            _ = try await scene.store.commit(try scene.commit(identity, head: 0, wakeAt: JournalScene.time(10)))
            try await scene.store.setQuarantine("why\u{0}", of: identity.key, in: identity.scope, fence: fence)
            let refusal = try await scene.refusal(of: try scene.commit(identity, head: 1))
            try expectEqual(refusal, .quarantined, "refusal")
            let stored = try await scene.store.load(identity.key, in: identity.scope, usingSnapshot: true)
            try expectEqual(stored?.quarantine, "why\u{0}", "reason")
            let due = try await scene.store.deadlines(
                shards: Shard.all, from: JournalScene.time(0), until: JournalScene.time(99), after: nil, limit: 9)
            try expect(due.isEmpty, "a quarantined session's deadline was due")
            let marked = try await scene.store.sessions(SessionQuery(status: .quarantined, limit: 9), in: scene.scope)
            try expectEqual(marked, [identity], "quarantined sessions")
            try await scene.store.setQuarantine(nil, of: identity.key, in: identity.scope, fence: fence)
            _ = try await scene.store.commit(try scene.commit(identity, head: 1))
            let left = try await scene.store.sessions(SessionQuery(status: .quarantined, limit: 9), in: scene.scope)
            try expect(left.isEmpty, "an unmarked session was listed as quarantined")
        },
        scene("I5: a mark on a session that the scope does not have is refused") { scene in
            let identity = try scene.identity(1)
            let fence = try scene.fence(identity)
            for scope in [scene.scope] + scene.foreign {
                try await JournalScene.expectRefusal("a mark on an unknown session") { () async throws(JournalError) in
                    try await scene.store.setQuarantine("x", of: identity.key, in: scope, fence: fence)
                }
            }
            let start = try scene.commit(identity, head: 0)
            _ = try await scene.store.commit(start)
            for scope in scene.foreign {
                try await JournalScene.expectRefusal("a foreign mark") { () async throws(JournalError) in
                    try await scene.store.setQuarantine("x", of: identity.key, in: scope, fence: fence)
                }
            }
        },
        scene("I10: a recovery group stands until it is struck off, across lives") { scene in
            let groups = try [
                RecoveryGroup(id: 4, deaths: 0, members: [scene.identity(1), scene.identity(2)]),
                RecoveryGroup(id: 7, deaths: 1, members: [scene.identity(3, in: scene.foreign[0])]),
            ]
            for group in groups { try await scene.store.writeDown(group) }
            _ = try await scene.store.takeUp(node: try NodeName("node-1"))
            func standing() async throws -> [RecoveryGroup] {
                try await scene.store.standingGroups(among: Shard.all).sorted { $0.id < $1.id }
            }
            try expectEqual(try await standing(), groups, "standing groups")
            try await scene.store.strikeOff(4)
            try expectEqual(try await standing(), [groups[1]], "standing groups after one was struck off")
            try await scene.store.strikeOff(4)
            try await scene.store.strikeOff(7)
            try expectEqual(try await standing(), [], "standing groups at the end")
        },
    ]
}
