import HoldpointCore
import HoldpointPorts

extension JournalConformance {
    /// The users of projects.
    static let people: [ConformanceCase<Store>] = [
        scene("a user is read back as it was put, and put again it is replaced") { scene in
            let id = try UserID("ann@example.org")
            try expect(try await scene.store.user(id, in: scene.scope) == nil, "there was a user before any")
            let first = UserRecord(
                user: User(
                    id: id, name: "Ann \u{0} '", accreditation: .n4, groups: [try GroupName("b"), try GroupName("a")],
                    addresses: ["mail": "ann@example.org", "chat": "\u{1F600}"], isActive: false),
                updatedAt: JournalScene.time(1))
            let second = UserRecord(user: User(id: id), updatedAt: JournalScene.time(2))
            for record in [first, second] {
                try expect(try await scene.store.putUser(record, in: scene.scope), "a user was not stored")
                try expectEqual(try await scene.store.user(id, in: scene.scope), record, "user")
            }
            let listed = try await scene.store.users(in: scene.scope, after: nil, limit: 9)
            try expectEqual(listed, [second], "users")
        },
        scene("users are listed by id in pages; upper case comes first") { scene in
            for id in ["b", "@x", "A", "a1", "Z9", "a", ".", "-"] { try await put(id, scene, in: scene.scope) }
            var ids: [String] = []
            var last: UserID?
            while true {
                let page = try await scene.store.users(in: scene.scope, after: last, limit: 3)
                ids += page.map(\.user.id.text)
                last = page.last?.user.id
                if page.count < 3 { break }
            }
            try expectEqual(ids, ["-", ".", "@x", "A", "Z9", "a", "a1", "b"], "ids")
        },
        scene("a deleted user is gone, and deleted once") { scene in
            let id = try await put("ann", scene, in: scene.scope)
            let isFirst = try await scene.store.deleteUser(id, in: scene.scope)
            let isSecond = try await scene.store.deleteUser(id, in: scene.scope)
            try expectEqual([isFirst, isSecond], [true, false], "whether it was deleted")
            try expect(try await scene.store.user(id, in: scene.scope) == nil, "a deleted user was found")
            let listed = try await scene.store.users(in: scene.scope, after: nil, limit: 9)
            try expect(listed.isEmpty, "a deleted user was listed")
        },
        scene("a project has at most 10,000 users; those it has can still be replaced") { scene in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for lane in 0..<16 {
                    group.addTask {
                        for number in stride(from: lane, to: PeopleLimits.usersPerProject, by: 16) {
                            try await put("u\(number)", scene, in: scene.scope)
                        }
                    }
                }
                try await group.waitForAll()
            }
            let more = UserRecord(user: User(id: try UserID("more")), updatedAt: JournalScene.time(1))
            try expect(try await !scene.store.putUser(more, in: scene.scope), "one too many was stored")
            try expect(try await scene.store.user(more.user.id, in: scene.scope) == nil, "one too many was found")
            try await put("u7", scene, in: scene.scope)
            try await put("more", scene, in: scene.foreign[0])
            _ = try await scene.store.deleteUser(try UserID("u7"), in: scene.scope)
            try expect(try await scene.store.putUser(more, in: scene.scope), "there was no room after a deletion")
        },
        scene("I5: a user is its project's own: no other one reads, lists, replaces or deletes it") { scene in
            let id = try UserID("ann")
            let own = UserRecord(user: User(id: id, accreditation: .n4), updatedAt: JournalScene.time(1))
            try expect(try await scene.store.putUser(own, in: scene.scope), "a user was not stored")
            for foreign in scene.foreign {
                let found = try await scene.store.user(id, in: foreign)
                let listed = try await scene.store.users(in: foreign, after: nil, limit: 9)
                let isDeleted = try await scene.store.deleteUser(id, in: foreign)
                try expect(found == nil && listed.isEmpty && !isDeleted, "a user was seen by \(foreign)")
                try await put("ann", scene, in: foreign)
            }
            try expectEqual(try await scene.store.user(id, in: scene.scope), own, "user")
        },
        scene("I5: a user for a project that is not there is refused") { scene in
            let nowhere = try JournalScene.scope("acme", "nowhere")
            let record = UserRecord(user: User(id: try UserID("ann")), updatedAt: JournalScene.time(1))
            try await JournalScene.expectRefusal("a user of no project") { () async throws(JournalError) in
                _ = try await scene.store.putUser(record, in: nowhere)
            }
            try expect(try await scene.store.user(record.user.id, in: nowhere) == nil, "a refused user was found")
            let listed = try await scene.store.users(in: nowhere, after: nil, limit: 9)
            try expect(listed.isEmpty, "a refused user was listed")
        },
    ]

    @discardableResult
    private static func put(_ id: String, _ scene: JournalScene, in scope: Scope) async throws -> UserID {
        let id = try UserID(id)
        let record = UserRecord(user: User(id: id), updatedAt: JournalScene.time(7))
        try expect(try await scene.store.putUser(record, in: scope), "the user \(id) was not stored")
        return id
    }
}
