import HoldpointCore
import HoldpointPorts

extension JournalConformance {
    static let fences: [ConformanceCase<Store>] = [
        scene("taking up gives a fence for every shard, in order") { scene in
            try expectEqual(scene.tenure.fences.map(\.shard), Shard.all, "shards")
            try expect(!scene.tenure.followsUncleanDeath, "the first life follows no death")
        },
        scene("I2: a commit under the epoch of an earlier owner is refused and leaves nothing") { scene in
            let identity = try scene.identity(1)
            _ = try await scene.store.commit(try scene.commit(identity, head: 0))
            let later = try await scene.store.takeUp(node: try NodeName("node-2"))
            let old = try scene.fence(identity)
            let new = try expectPresent(later.fences.first { $0.shard == old.shard }, "fence")
            try expect(new.epoch > old.epoch, "the epoch rises with each owner")
            try expectEqual(try await scene.refusal(of: try scene.commit(identity, head: 1)), .fenced, "refusal")
            try expectEqual(try await scene.head(identity), 1, "head after the refusal")
            _ = try await scene.store.commit(try scene.commit(identity, head: 1, fence: new))
            try expectEqual(try await scene.head(identity), 2, "head under the new epoch")
        },
        scene("I2: a commit under an earlier generation is refused, one under the raised generation is made") { scene in
            let identity = try scene.identity(1)
            let old = try scene.fence(identity)
            let raised = try await scene.store.raiseGeneration(of: old)
            try expectEqual(raised.epoch, old.epoch, "epoch")
            try expect(raised.generation > old.generation, "the generation rises")
            try expectEqual(try await scene.refusal(of: try scene.commit(identity, head: 0)), .fenced, "refusal")
            _ = try await scene.store.commit(try scene.commit(identity, head: 0, fence: raised))
            try expectEqual(
                try await scene.store.raiseGeneration(of: old), raised, "raising again what was raised already")
            _ = try await scene.store.takeUp(node: try NodeName("node-2"))
            try await JournalScene.expectRefusal("raising under an old epoch") { () async throws(JournalError) in
                _ = try await scene.store.raiseGeneration(of: raised)
            }
        },
        scene("I2: when raising a generation returns, every commit under the old one is made or will be refused") {
            scene in try await raiseAmongCommits(scene)
        },
        scene("a stale fence may not set the mark of quarantine") { scene in
            let identity = try scene.identity(1)
            _ = try await scene.store.commit(try scene.commit(identity, head: 0))
            _ = try await scene.store.takeUp(node: try NodeName("node-2"))
            let old = try scene.fence(identity)
            try await JournalScene.expectRefusal("a mark under a stale fence") { () async throws(JournalError) in
                try await scene.store.setQuarantine("?", of: identity.key, in: identity.scope, fence: old)
            }
        },
    ]

    private static func raiseAmongCommits(_ scene: JournalScene) async throws {
        let commits = try (1...60).map { try scene.commit(try scene.identity($0), head: 0) }
        let old = try scene.fence(try scene.identity(1))
        let references = commits.map { SessionReference(scope: $0.identity.scope, key: $0.identity.key) }
        try await withThrowingTaskGroup(of: [SessionKey].self) { group in
            for commit in commits {
                group.addTask {
                    let receipt = try? await scene.store.commit(commit)
                    return receipt == nil ? [] : [commit.identity.key]
                }
            }
            _ = try await scene.store.raiseGeneration(of: old)
            let made = try await scene.store.heads(of: references).keys.sorted()
            var acknowledged: [SessionKey] = []
            for try await keys in group { acknowledged += keys }
            try expectEqual(
                try await scene.store.heads(of: references).keys.sorted(), made, "sessions made before and after")
            try expectEqual(acknowledged.sorted(), made, "acknowledged commits")
        }
    }
}
