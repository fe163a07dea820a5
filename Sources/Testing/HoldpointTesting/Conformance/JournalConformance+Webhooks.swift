import HoldpointCore
import HoldpointPorts

extension JournalConformance {
    /// A project has at most one webhook, whose changes follow one another.
    static let webhooks: [ConformanceCase<Store>] = [
        scene("I5: a webhook is read back as it was put, within its project") { scene in
            let none = try await scene.store.webhook(in: scene.scope)
            try expect(none == nil, "a webhook was there before it was put")
            let types: Set = [EventType("hitl_requested"), EventType("hitl_responded")]
            let records = [
                webhook(), webhook(revision: 2, isEnabled: false, types: types), webhook(revision: 3, types: []),
            ]
            for record in records {
                try await put(record, scene)
                try expectEqual(try await scene.store.webhook(in: scene.scope), record, "webhook")
            }
            for foreign in scene.foreign + [try JournalScene.scope("acme", "nowhere")] {
                let found = try await scene.store.webhook(in: foreign)
                let isDeleted = try await scene.store.deleteWebhook(in: foreign)
                try expect(found == nil && !isDeleted, "a webhook was seen by \(foreign)")
            }
            try await put(webhook(4), scene, in: scene.foreign[0])
            try expectEqual(try await scene.store.webhook(in: scene.scope), records[2], "webhook")
        },
        scene("a webhook is put only in the place of the revision before") { scene in
            func isPut(_ record: WebhookRecord) async throws -> Bool {
                try await scene.store.putWebhook(record, in: scene.scope)
            }
            try expect(!(try await isPut(webhook(revision: 2))), "a second revision was put first")
            try expect(try await isPut(webhook()), "the first revision was not put")
            for record in [webhook(), webhook(2), webhook(revision: 3), webhook(2, revision: 2)] {
                try expect(!(try await isPut(record)), "revision \(record.revision) was put after 1")
            }
            try expectEqual(try await scene.store.webhook(in: scene.scope), webhook(), "webhook")
            try expect(try await isPut(webhook(revision: 2)), "the second revision was not put")
            let isDeleted = [
                try await scene.store.deleteWebhook(in: scene.scope),
                try await scene.store.deleteWebhook(in: scene.scope),
            ]
            try expectEqual(isDeleted, [true, false], "whether it was deleted")
            try expect(!(try await isPut(webhook(revision: 3))), "a third revision was put after it was deleted")
            try expect(try await isPut(webhook(2)), "another webhook was not put")
            let nowhere = try JournalScene.scope("acme", "nowhere")
            try await JournalScene.expectRefusal("a webhook of no project") { () throws(JournalError) in
                _ = try await scene.store.putWebhook(webhook(), in: nowhere)
            }
        },
        scene("of webhooks put at once exactly one is there") { scene in
            let outcomes = try await withThrowingTaskGroup(of: Bool.self) { group in
                for number: UInt64 in 1...12 {
                    group.addTask { try await scene.store.putWebhook(webhook(number), in: scene.scope) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            try expectEqual(outcomes.filter(\.self).count, 1, "webhooks that were put")
        },
    ]
}
