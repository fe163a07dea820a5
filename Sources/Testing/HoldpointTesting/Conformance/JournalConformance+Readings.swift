import HoldpointCore
import HoldpointPorts

extension JournalConformance {
    static let readings: [ConformanceCase<Store>] = [
        scene("a session is loaded from its latest snapshot and the events after it, or whole") { scene in
            let identity = try scene.identity(1)
            let snapshot = JournalScene.snapshot(2, "{\"x\":\"\u{0}\"}")
            _ = try await scene.store.commit(
                try scene.commit(
                    identity, head: 0, events: [JournalScene.event(1), JournalScene.event(2)], snapshot: snapshot))
            _ = try await scene.store.commit(try scene.commit(identity, head: 2))
            let short = try await scene.store.load(identity.key, in: identity.scope, usingSnapshot: true)
            try expectEqual(short?.snapshot, snapshot, "snapshot")
            try expectEqual(short?.tail, [JournalScene.event(3)], "tail")
            let whole = try await scene.store.load(identity.key, in: identity.scope, usingSnapshot: false)
            try expect(whole?.snapshot == nil, "a snapshot came unasked")
            try expectEqual(whole?.tail.map(\.sequence), [1, 2, 3], "whole log")
        },
        scene("a snapshot is replaced by a newer one only") { scene in
            let identity = try scene.identity(1)
            let newer = JournalScene.snapshot(2, "newer")
            _ = try await scene.store.commit(
                try scene.commit(
                    identity, head: 0, events: [JournalScene.event(1)], snapshot: JournalScene.snapshot(1, "a")))
            _ = try await scene.store.commit(
                try scene.commit(identity, head: 1, events: [JournalScene.event(2)], snapshot: newer))
            _ = try await scene.store.commit(
                try scene.commit(
                    identity, head: 2, events: [JournalScene.event(3)], snapshot: JournalScene.snapshot(1, "b")))
            let stored = try await scene.store.load(identity.key, in: identity.scope, usingSnapshot: true)
            try expectEqual(stored?.snapshot, newer, "snapshot")
            try expectEqual(stored?.tail.map(\.sequence), [3], "tail")
        },
        scene("a log is read in pages, in order, and past its end there is nothing") { scene in
            let identity = try scene.identity(1)
            _ = try await scene.store.commit(try scene.commit(identity, head: 0, count: 7))
            var numbers: [Int64] = []
            while true {
                let page = try await scene.store.events(
                    of: identity.key, in: identity.scope, after: numbers.last ?? 0, limit: 3)
                try expect(page.count <= 3, "a page is longer than its limit")
                if page.isEmpty { break }
                numbers += page.map(\.sequence)
            }
            try expectEqual(numbers, Array(1...7), "numbers")
        },
        scene("a page ends where its bytes are enough, and the next goes on from there") { scene in
            try await readLargePages(scene)
        },
        scene("sessions are listed newest first, in pages, by status and by agent") { scene in
            for number in 1...5 {
                let status: SessionStatus = number.isMultiple(of: 2) ? .waiting : .running
                _ = try await scene.store.commit(
                    try scene.commit(try scene.identity(number), head: 0, status: status))
            }
            let first = try await scene.store.sessions(SessionQuery(limit: 3), in: scene.scope)
            try expectEqual(first, try [5, 4, 3].map { try scene.identity($0) }, "first page")
            let second = try await scene.store.sessions(
                SessionQuery(before: first.last?.key, limit: 3), in: scene.scope)
            try expectEqual(second, try [2, 1].map { try scene.identity($0) }, "second page")
            let waiting = try await scene.store.sessions(SessionQuery(status: .waiting, limit: 9), in: scene.scope)
            try expectEqual(waiting, try [4, 2].map { try scene.identity($0) }, "waiting sessions")
            let others = try await scene.store.sessions(
                SessionQuery(agent: try AgentName("other"), limit: 9), in: scene.scope)
            try expect(others.isEmpty, "a session of another agent was listed")
            let clerks = try await scene.store.sessions(
                SessionQuery(agent: try AgentName("clerk"), limit: 9), in: scene.scope)
            try expectEqual(clerks.count, 5, "sessions of the agent")
        },
        scene("heads are given for known sessions, and unknown ones are left out") { scene in
            let known = try scene.identity(1)
            let unknown = try scene.identity(2)
            _ = try await scene.store.commit(try scene.commit(known, head: 0, count: 3))
            let heads = try await scene.store.heads(
                of: [known, unknown].map { SessionReference(scope: $0.scope, key: $0.key) })
            try expectEqual(heads, [known.key: 3], "heads")
            try expectEqual(try await scene.store.heads(of: []), [:], "heads of none")
        },
    ]

    private static func readLargePages(_ scene: JournalScene) async throws {
        let identity = try scene.identity(1)
        let quote = [UInt8(ascii: "\"")]
        let data = quote + Array(repeating: UInt8(ascii: "a"), count: JournalPage.bytes / 4) + quote
        for head: Int64 in 0..<6 {
            let event = JournalScene.event(head + 1, data: data, isOnFeed: true)
            let commit = try scene.commit(identity, head: head, events: [event])
            _ = try await scene.store.commit(commit)
        }
        let first = try await scene.store.events(of: identity.key, in: identity.scope, after: 0, limit: 100)
        try expectEqual(first.map(\.sequence), [1, 2, 3, 4], "numbers on the first page")
        try expect(JournalPage.isFull(first), "a page that was ended by its bytes is full")
        let second = try await scene.store.events(of: identity.key, in: identity.scope, after: 4, limit: 100)
        try expectEqual(second.map(\.sequence), [5, 6], "numbers on the second page")
        let feed = try await scene.store.feed(in: scene.scope, after: .start, limit: 100)
        try expectEqual(feed.map(\.event.sequence), [1, 2, 3, 4], "numbers on the first page of the feed")
        let limited = try await scene.store.events(of: identity.key, in: identity.scope, after: 0, limit: 2)
        try expectEqual(limited.map(\.sequence), [1, 2], "numbers on a short page")
    }
}
