import HoldpointCore
import HoldpointPorts

extension JournalConformance {
    static let feed: [ConformanceCase<Store>] = [
        scene("the feed holds a project's marked events in the order of their commits") { scene in
            let empty = try await scene.store.feedBounds(in: scene.scope)
            let identities = try [scene.identity(1), scene.identity(2)]
            var last: FeedPosition?
            for head: Int64 in [0, 2] {
                for identity in identities {
                    let events = [
                        JournalScene.event(head + 1, isOnFeed: true), JournalScene.event(head + 2, isOnFeed: head == 0),
                    ]
                    last = try await scene.store.commit(try scene.commit(identity, head: head, events: events))
                        .feedPosition
                }
            }
            let items = try await scene.store.feed(in: scene.scope, after: .start, limit: 100)
            try expectEqual(items.map(\.event.sequence), [1, 2, 1, 2, 3, 3], "numbers on the feed")
            try expectEqual(items.map(\.session), [0, 0, 1, 1, 0, 1].map { identities[$0] }, "sessions on the feed")
            try expect(
                zip(items, items.dropFirst()).allSatisfy { $0.position < $1.position }, "positions do not ascend")
            try expectEqual(last, items.last?.position, "position in the last receipt")
            let bounds = try await scene.store.feedBounds(in: scene.scope)
            try expectEqual(bounds.head, items.last?.position, "head of the feed")
            try expect(empty.head < bounds.head, "the head of the feed did not move")
            try expect(bounds.oldest <= bounds.head, "the feed ends before it begins")
        },
        scene("a commit without marked events has no place on the feed") { scene in
            let before = try await scene.store.feedBounds(in: scene.scope)
            let receipt = try await scene.store.commit(try scene.commit(try scene.identity(1), head: 0))
            try expect(receipt.feedPosition == nil, "a position was given")
            try expectEqual(try await scene.store.feedBounds(in: scene.scope), before, "bounds")
        },
        scene("the feed resumes after any position, without gap or double") { scene in
            for number in 1...4 {
                _ = try await scene.store.commit(
                    try scene.commit(try scene.identity(number), head: 0, count: 3, onFeed: true))
            }
            let all = try await scene.store.feed(in: scene.scope, after: .start, limit: 100)
            try expectEqual(all.count, 12, "items")
            for index in all.indices {
                let rest = try await scene.store.feed(in: scene.scope, after: all[index].position, limit: 4)
                try expectEqual(rest, Array(all[(index + 1)...].prefix(4)), "items after number \(index)")
                try expectEqual(
                    FeedPosition(all[index].position.description), all[index].position, "position read from its text")
            }
        },
        scene("a reader who follows the feed while others commit sees each event once, in order") { scene in
            try await followWhileCommitting(scene)
        },
    ]

    private static func followWhileCommitting(_ scene: JournalScene) async throws {
        let identities = try (0..<40).map { try scene.identity($0, shard: UInt8($0)) }
        let followed = try await withThrowingTaskGroup(of: [FeedItem].self) { group in
            for identity in identities {
                let commits = try [0, 2, 4].map { try scene.commit(identity, head: $0, count: 2, onFeed: true) }
                group.addTask {
                    for commit in commits { _ = try await scene.store.commit(commit) }
                    return []
                }
            }
            group.addTask {
                var items: [FeedItem] = []
                while items.count < 240 {
                    items += try await scene.store.feed(
                        in: scene.scope, after: items.last?.position ?? .start, limit: 50)
                    await Task.yield()
                }
                return items
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        let all = try await scene.store.feed(in: scene.scope, after: .start, limit: 1_000)
        try expect(followed == all, "what was followed differs from the feed")
        for identity in identities {
            let numbers = all.filter { $0.session == identity }.map(\.event.sequence)
            try expectEqual(numbers, Array(1...6), "numbers of a session on the feed")
        }
    }
}
