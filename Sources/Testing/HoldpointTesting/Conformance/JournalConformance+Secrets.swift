import HoldpointCore
import HoldpointPorts

extension JournalConformance {
    /// The secrets of projects.
    static let secrets: [ConformanceCase<Store>] = [
        scene("a secret is read back byte for byte, and put again it is replaced") { scene in
            let name = try SecretName("TOKEN")
            try expect(try await scene.store.secret(name, in: scene.scope) == nil, "there was a secret before any")
            let first = ProjectSecret(name: name, box: [0, 255, 0x27, 0], updatedAt: JournalScene.time(1))
            let second = ProjectSecret(name: name, box: [], updatedAt: JournalScene.time(2))
            for secret in [first, second] {
                try expect(try await scene.store.putSecret(secret, in: scene.scope), "a secret was not stored")
                try expectEqual(try await scene.store.secret(name, in: scene.scope), secret, "secret")
            }
            let entries = try await scene.store.secrets(in: scene.scope, after: nil, limit: 9)
            try expectEqual(entries, [second.entry], "entries")
        },
        scene("secrets are listed by name in pages; upper case comes first") { scene in
            for name in ["b", "_x", "A", "a1", "Z9", "a"] { try await put(name, scene, in: scene.scope) }
            var names: [String] = []
            var last: SecretName?
            while true {
                let page = try await scene.store.secrets(in: scene.scope, after: last, limit: 4)
                names += page.map(\.name.text)
                last = page.last?.name
                if page.count < 4 { break }
            }
            try expectEqual(names, ["A", "Z9", "_x", "a", "a1", "b"], "names")
        },
        scene("a deleted secret is gone, and deleted once") { scene in
            let name = try await put("TOKEN", scene, in: scene.scope)
            let isFirst = try await scene.store.deleteSecret(name, in: scene.scope)
            let isSecond = try await scene.store.deleteSecret(name, in: scene.scope)
            try expectEqual([isFirst, isSecond], [true, false], "whether it was deleted")
            try expect(try await scene.store.secret(name, in: scene.scope) == nil, "a deleted secret was found")
            let entries = try await scene.store.secrets(in: scene.scope, after: nil, limit: 9)
            try expect(entries.isEmpty, "a deleted secret was listed")
        },
        scene("a project has at most 256 secrets; those it has can still be replaced") { scene in
            for number in 0..<ProjectSecretLimits.perProject { try await put("S\(number)", scene, in: scene.scope) }
            let more = ProjectSecret(name: try SecretName("MORE"), box: [1], updatedAt: JournalScene.time(1))
            try expect(try await !scene.store.putSecret(more, in: scene.scope), "one too many was stored")
            try expect(try await scene.store.secret(more.name, in: scene.scope) == nil, "one too many was found")
            try await put("S7", scene, in: scene.scope)
            try await put("MORE", scene, in: scene.foreign[0])
            let entries = try await scene.store.secrets(in: scene.scope, after: nil, limit: 1_000)
            try expectEqual(entries.count, 256, "secrets of the project")
            _ = try await scene.store.deleteSecret(try SecretName("S7"), in: scene.scope)
            try expect(try await scene.store.putSecret(more, in: scene.scope), "there was no room after a deletion")
        },
        scene("I5: a secret is its project's own: no other one reads, lists, replaces or deletes it") { scene in
            let name = try SecretName("TOKEN")
            let own = ProjectSecret(name: name, box: [1], updatedAt: JournalScene.time(1))
            try expect(try await scene.store.putSecret(own, in: scene.scope), "a secret was not stored")
            for foreign in scene.foreign {
                let found = try await scene.store.secret(name, in: foreign)
                let listed = try await scene.store.secrets(in: foreign, after: nil, limit: 9)
                let isDeleted = try await scene.store.deleteSecret(name, in: foreign)
                try expect(found == nil && listed.isEmpty && !isDeleted, "a secret was seen by \(foreign)")
                try await put("TOKEN", scene, in: foreign)
            }
            try expectEqual(try await scene.store.secret(name, in: scene.scope), own, "secret")
        },
        scene("I5: a secret for a project that is not there is refused") { scene in
            let nowhere = try JournalScene.scope("acme", "nowhere")
            let secret = ProjectSecret(name: try SecretName("TOKEN"), box: [1], updatedAt: JournalScene.time(1))
            try await JournalScene.expectRefusal("a secret of no project") { () async throws(JournalError) in
                _ = try await scene.store.putSecret(secret, in: nowhere)
            }
            try expect(try await scene.store.secret(secret.name, in: nowhere) == nil, "a refused secret was found")
            let entries = try await scene.store.secrets(in: nowhere, after: nil, limit: 9)
            try expect(entries.isEmpty, "a refused secret was listed")
        },
    ]

    @discardableResult
    private static func put(_ name: String, _ scene: JournalScene, in scope: Scope) async throws -> SecretName {
        let name = try SecretName(name)
        let secret = ProjectSecret(name: name, box: [7], updatedAt: JournalScene.time(7))
        try expect(try await scene.store.putSecret(secret, in: scope), "the secret \(name) was not stored")
        return name
    }
}
