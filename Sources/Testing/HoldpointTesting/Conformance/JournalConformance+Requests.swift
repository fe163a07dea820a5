import HoldpointCore
import HoldpointPorts

extension JournalConformance {
    static let requests: [ConformanceCase<Store>] = [
        scene("a request is projected when it opens and when it closes, with the data of its events") { scene in
            let identity = try scene.identity(1)
            let id = JournalScene.request(1)
            let events = [
                JournalScene.event(1), JournalScene.event(2, type: "hitl_requested", data: Array("{\"q\":1}".utf8)),
                JournalScene.event(3, type: "hitl_responded", data: Array("{\"a\":2}".utf8)),
            ]
            _ = try await scene.store.commit(
                try scene.commit(
                    identity, head: 0, events: Array(events[..<2]),
                    requests: [RequestChange(id: id, type: .decision, status: .pending, openedAt: 2, closedAt: nil)]))
            let open = RequestRecord(
                id: id, session: identity, type: .decision, status: .pending, opened: events[1].data, closed: nil)
            try expectEqual(try await scene.store.request(id, in: scene.scope), open, "open request")
            _ = try await scene.store.commit(
                try scene.commit(
                    identity, head: 2, events: [events[2]],
                    requests: [RequestChange(id: id, type: .decision, status: .answered, openedAt: nil, closedAt: 3)]))
            let closed = RequestRecord(
                id: id, session: identity, type: .decision, status: .answered, opened: events[1].data,
                closed: events[2])
            try expectEqual(try await scene.store.request(id, in: scene.scope), closed, "closed request")
            try expectEqual(try await scene.log(identity), events, "log")
            let listed = try await scene.store.requests(RequestQuery(limit: 5), in: scene.scope)
            try expectEqual(listed, [closed], "listed requests")
        },
        scene("a request may open and close in one commit") { scene in
            let identity = try scene.identity(1)
            let id = JournalScene.request(1)
            let events = [JournalScene.event(1), JournalScene.event(2)]
            _ = try await scene.store.commit(
                try scene.commit(
                    identity, head: 0, events: events,
                    requests: [RequestChange(id: id, type: .permission, status: .cancelled, openedAt: 1, closedAt: 2)]))
            let record = try await scene.store.request(id, in: scene.scope)
            try expectEqual(record?.status, .cancelled, "status")
            try expectEqual(record?.closed, events[1], "closing event")
        },
        scene("requests are listed newest first, in pages, by status, type and session") { scene in
            let identities = try [scene.identity(1), scene.identity(2)]
            for number in 1...6 {
                let identity = identities[number % 2]
                let head = try await scene.head(identity) ?? 0
                _ = try await scene.store.commit(
                    try scene.commit(
                        identity, head: head, events: [JournalScene.event(head + 1)],
                        requests: [
                            RequestChange(
                                id: JournalScene.request(UInt64(7 - number)),
                                type: number < 4 ? .permission : .decision, status: number == 6 ? .cancelled : .pending,
                                openedAt: head + 1,
                                closedAt: number == 6 ? head + 1 : nil)
                        ]))
            }
            func list(_ query: RequestQuery) async throws -> [RequestID] {
                try await scene.store.requests(query, in: scene.scope).map(\.id)
            }
            func ids(_ numbers: [UInt64]) -> [RequestID] { numbers.map { JournalScene.request($0) } }
            try expectEqual(try await list(RequestQuery(limit: 4)), ids([1, 2, 3, 4]), "first page")
            try expectEqual(
                try await list(RequestQuery(before: JournalScene.request(4), limit: 4)), ids([5, 6]), "second page")
            try expectEqual(
                try await list(RequestQuery(status: .pending, type: .decision, limit: 9)), ids([2, 3]), "decisions")
            try expectEqual(
                try await list(RequestQuery(session: identities[0].key, limit: 9)), ids([1, 3, 5]), "of a session")
            try expectEqual(
                try await list(RequestQuery(status: .pending, before: JournalScene.request(3), limit: 2)), ids([4, 5]),
                "second page of pending ones")
        },
        scene("I9: sealed values are kept beside the log and destroyed at the session's end") { scene in
            let identity = try scene.identity(1)
            let ids = [JournalScene.request(1), JournalScene.request(2)]
            let secrets = ids.map { id in
                SealedSecret(handle: SecretHandle(request: id, field: "TOKEN"), box: [0, 1, 255])
            }
            let changes = ids.map {
                RequestChange(id: $0, type: .environment, status: .answered, openedAt: 1, closedAt: 1)
            }
            _ = try await scene.store.commit(
                try scene.commit(
                    identity, head: 0, events: [JournalScene.event(1)], requests: changes, secrets: secrets))
            try expectEqual(try await scene.store.secrets(of: ids[1], in: scene.scope), [secrets[1]], "secrets")
            _ = try await scene.store.commit(
                try scene.commit(identity, head: 1, events: [JournalScene.event(2)], destroysSecrets: true))
            for id in ids {
                let left = try await scene.store.secrets(of: id, in: scene.scope)
                try expect(left.isEmpty, "a secret outlived its session")
            }
        },
    ]
}
