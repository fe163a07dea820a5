import HoldpointCore
import HoldpointPorts

extension JournalConformance {
    static let administration: [ConformanceCase<Store>] = [
        scene("I5: tenants, projects and keys are listed in pages, each tenant's for itself") { scene in
            let (acme, other) = (try TenantName("acme"), try TenantName("other"))
            try expectEqual(try await scene.store.tenants(after: nil, limit: 9), [acme, other], "tenants")
            try expectEqual(try await scene.store.tenants(after: nil, limit: 1), [acme], "first page of tenants")
            try expectEqual(try await scene.store.tenants(after: acme, limit: 1), [other], "second page of tenants")
            func projects(_ tenant: TenantName, after: String? = nil, limit: Int = 9) async throws -> [String]? {
                let name = try after.map { try ProjectName($0) }
                return try await scene.store.projects(of: tenant, after: name, limit: limit)?.map(\.text)
            }
            try expectEqual(try await projects(acme), ["billing", "shipping"], "projects of acme")
            try expectEqual(try await projects(acme, limit: 1), ["billing"], "first page of projects")
            try expectEqual(try await projects(acme, after: "billing"), ["shipping"], "second page of projects")
            try expectEqual(try await projects(other), ["billing"], "projects of other")
            for id in ["b", "a", "c"] { try await scene.keep(key(id, acme, scene.scope.project)) }
            try await scene.keep(key("aa", other, nil))
            func keys(_ tenant: TenantName, after: String? = nil, limit: Int = 9) async throws -> [String]? {
                try await scene.store.keys(of: tenant, after: after, limit: limit)?.map(\.id)
            }
            try expectEqual(try await keys(acme, limit: 2), ["a", "b"], "first page of keys")
            try expectEqual(try await keys(acme, after: "b", limit: 2), ["c"], "second page of keys")
            try expectEqual(try await keys(other), ["aa"], "keys of other")
            let nobody = try TenantName("nobody")
            try expect(try await projects(nobody) == nil, "an unknown tenant has projects")
            try expect(try await keys(nobody) == nil, "an unknown tenant has keys")
        },
        scene("a rotated key has both secrets until the grace ends, and only the last two") { scene in
            let tenant = scene.scope.tenant
            try await scene.keep(key("k", tenant, nil))
            for number in 2...3 {
                let change = KeyChange.rotate(
                    to: digest(number), at: JournalScene.time(Int64(number)), graceEnd: JournalScene.time(100))
                let changed = try await scene.store.changeKey("k", of: tenant, change)
                try expectEqual(changed, try await scene.store.key("k"), "the key as it was told and as it is stored")
                let record = try expectPresent(changed, "the rotated key")
                try expectEqual(record.rotatedAt, JournalScene.time(Int64(number)), "when it was rotated")
                let before = JournalScene.time(99)
                let after = JournalScene.time(100)
                try expect(record.admits(digest(number), at: after), "the new secret does not open")
                try expect(record.admits(digest(number - 1), at: before), "the old secret does not open in its grace")
                try expect(!record.admits(digest(number - 1), at: after), "the old secret opens after its grace")
                try expect(!record.admits(digest(number - 2), at: before), "a secret before the old one opens")
            }
        },
        scene("a revoked key opens nothing, stays listed, and is not changed any more") { scene in
            let tenant = scene.scope.tenant
            try await scene.keep(key("k", tenant, scene.scope.project))
            let rotation = KeyChange.rotate(
                to: digest(2), at: JournalScene.time(2), graceEnd: JournalScene.time(100))
            _ = try await scene.store.changeKey("k", of: tenant, rotation)
            let revoked = try await scene.store.changeKey("k", of: tenant, .revoke(at: JournalScene.time(3)))
            let record = try expectPresent(revoked, "the revoked key")
            try expectEqual(record.revokedAt, JournalScene.time(3), "when it was revoked")
            for number in 1...2 {
                try expect(!record.admits(digest(number), at: JournalScene.time(4)), "secret \(number) still opens")
            }
            for change in [rotation, .revoke(at: JournalScene.time(5))] {
                try expectEqual(try await scene.store.changeKey("k", of: tenant, change), record, "a later change")
            }
            try expectEqual(try await scene.store.keys(of: tenant, after: nil, limit: 9), [record], "the list")
        },
        scene("I5: a key is not changed in the name of another tenant") { scene in
            let record = key("k", scene.scope.tenant, nil)
            try await scene.keep(record)
            let changed = try await scene.store.changeKey(
                "k", of: try TenantName("other"), .revoke(at: JournalScene.time(3)))
            try expect(changed == nil, "another tenant revoked the key")
            try expectEqual(try await scene.store.key("k"), record, "the key")
            let missing = try await scene.store.changeKey(
                "nothing", of: scene.scope.tenant, .revoke(at: JournalScene.time(3)))
            try expect(missing == nil, "a key that is not there was revoked")
        },
    ]

    private static func digest(_ number: Int) -> Digest { SimulatedHasher().sha256([UInt8(number)]) }

    private static func key(_ id: String, _ tenant: TenantName, _ project: ProjectName?) -> KeyRecord {
        KeyRecord(
            id: id, secretDigest: digest(1), tenant: tenant, project: project, scopes: [.operate],
            createdAt: JournalScene.time(1))
    }
}

extension JournalScene {
    /// Stores a key; throws if it is not taken.
    fileprivate func keep(_ key: KeyRecord) async throws {
        let isStored = try await store.createKey(key)
        try expect(isStored, "key \(key.id) was not stored")
    }
}
