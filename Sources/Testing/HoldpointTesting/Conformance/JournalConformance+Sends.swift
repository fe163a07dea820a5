import HoldpointCore
import HoldpointPorts

extension JournalConformance {
    /// What a commit sends to other sessions is stored with its events or not at all.
    static let sends: [ConformanceCase<Store>] = [
        scene("I3: commands that a commit sends are stored with its events, and wait for an outcome") { scene in
            let sender = try scene.identity(1)
            let receivers = try [scene.identity(2, shard: 2), scene.identity(3, shard: 9)]
            let sends = (1...4).map { scene.command($0, for: receivers[Int($0) % 2], kind: "start\u{0}'") }
            _ = try await scene.store.commit(
                try scene.commit(sender, head: 0, events: [JournalScene.event(1)], sends: sends))
            for (index, receiver) in receivers.enumerated() {
                let own = try await scene.store.undecided(of: receiver.key, in: scene.scope, limit: 9)
                try expectEqual(own, sends.filter { $0.session == receivers[index] }, "commands of session \(index)")
            }
            let all = try await scene.store.undecided(shards: [Shard(2), Shard(9)], after: nil, limit: 9)
            try expectEqual(all, sends, "commands of the shards")
            let decided = DecidedCommand(id: sends[0].id, outcome: .applied(.session(isNew: true)))
            _ = try await scene.store.commit(
                try scene.commit(sends[0].session, head: 0, events: [JournalScene.event(1)], decided: decided))
            let view = try await scene.store.storedCommand(decided.id, in: scene.scope)
            try expectEqual(view?.outcome, decided.outcome, "outcome of a sent command")
        },
        scene("I3: a command that is sent again stays as it is, decided or not") { scene in
            let (sender, receiver) = (try scene.identity(1), try scene.identity(2))
            let waiting = scene.command(1, for: receiver)
            let decided = scene.command(2, for: receiver)
            try await scene.store.store(waiting)
            try await scene.store.store(decided)
            _ = try await scene.store.countAttempt(waiting.id, in: scene.scope)
            _ = try await scene.store.decide(DecidedCommand(id: decided.id, outcome: .dead("x")), in: scene.scope)
            let again = (1...3).map { scene.command($0, for: receiver, kind: "other") }
            _ = try await scene.store.commit(
                try scene.commit(sender, head: 0, events: [JournalScene.event(1)], sends: again))
            _ = try await scene.store.commit(
                try scene.commit(sender, head: 1, events: [JournalScene.event(2)], sends: again))
            let first = try await scene.store.storedCommand(waiting.id, in: scene.scope)
            try expectEqual(first?.command.kind, waiting.kind, "kind of a command that waited")
            try expectEqual(first?.command.attempts, 1, "attempts at a command that waited")
            let second = try await scene.store.storedCommand(decided.id, in: scene.scope)
            try expectEqual(
                second, StoredCommandView(command: decided, outcome: .dead("x")), "a command with an outcome")
            let open = try await scene.store.undecided(of: receiver.key, in: scene.scope, limit: 9)
            try expectEqual(open.map(\.id), [waiting.id, again[2].id], "commands without an outcome")
        },
        scene("I3: a commit made again after a doubt does not double what it sends") { scene in
            let (sender, receiver) = (try scene.identity(1), try scene.identity(2))
            let commit = try scene.commit(
                sender, head: 0, events: [JournalScene.event(1)], sends: [scene.command(1, for: receiver)])
            _ = try await scene.store.commit(commit)
            try expectEqual(try await scene.refusal(of: commit), .conflict(head: 1), "refusal")
            let open = try await scene.store.undecided(shards: Shard.all, after: nil, limit: 9)
            try expectEqual(open, commit.sends, "commands without an outcome")
        },
        scene("a commit refused since its session's id is taken sends nothing") { scene in
            let first = try scene.identity(1)
            _ = try await scene.store.commit(try scene.commit(first, head: 0))
            let second = SessionIdentity(scope: first.scope, key: try scene.identity(2).key, id: first.id)
            let refusal = try await scene.refusal(
                of: try scene.commit(
                    second, head: 0, events: [JournalScene.event(1)],
                    sends: [scene.command(1, for: try scene.identity(3))]))
            try expectEqual(refusal, .sessionExists(first.key), "refusal")
            try await expectNothingSent(scene)
        },
        scene("a commit without events may send") { scene in
            let (known, unknown) = (try scene.identity(1), try scene.identity(2))
            _ = try await scene.store.commit(try scene.commit(known, head: 0))
            let sends = try (1...2).map { scene.command($0, for: try scene.identity(3)) }
            _ = try await scene.store.commit(try scene.commit(known, head: 1, events: [], sends: [sends[0]]))
            _ = try await scene.store.commit(try scene.commit(unknown, head: 0, events: [], sends: [sends[1]]))
            let open = try await scene.store.undecided(shards: Shard.all, after: nil, limit: 9)
            try expectEqual(open, sends, "commands without an outcome")
        },
        scene("I5: a commit that sends to a session of another project is refused and leaves no trace") { scene in
            let sender = try scene.identity(1)
            for foreign in scene.foreign {
                let sends = [
                    scene.command(1, for: try scene.identity(2)),
                    scene.command(2, for: try scene.identity(3, in: foreign)),
                ]
                let refusal = try await scene.refusal(
                    of: try scene.commit(sender, head: 0, events: [JournalScene.event(1)], sends: sends))
                guard case .refused = refusal else {
                    throw ConformanceFailure(description: "the refusal is \(refusal)")
                }
            }
            try expect(try await scene.head(sender) == nil, "a refused commit left a session")
            try await expectNothingSent(scene)
        },
        scene("I5: a commit that sends under the id of another session's command is refused") { scene in
            let sender = try scene.identity(1)
            try await scene.store.store(scene.command(1, for: try scene.identity(2)))
            try await scene.store.store(scene.command(2, for: try scene.identity(2, in: scene.foreign[0])))
            for number: Int64 in [1, 2] {
                let sends = [scene.command(3, for: sender), scene.command(number, for: try scene.identity(4))]
                _ = try await scene.refusal(
                    of: try scene.commit(sender, head: 0, events: [JournalScene.event(1)], sends: sends))
            }
            let sent = try await scene.store.storedCommand(JournalScene.commandID(3), in: scene.scope)
            try expect(sent == nil, "a refused commit left a command that it sends")
        },
        scene("a commit sends at most 1,024 commands") { scene in
            let (sender, receiver) = (try scene.identity(1), try scene.identity(2))
            let sends = (1...Int64(SessionCommit.maximumSends + 1)).map { scene.command($0, for: receiver) }
            _ = try await scene.refusal(
                of: try scene.commit(sender, head: 0, events: [JournalScene.event(1)], sends: sends))
            try await expectNothingSent(scene)
            _ = try await scene.store.commit(
                try scene.commit(sender, head: 0, events: [JournalScene.event(1)], sends: Array(sends.dropLast())))
            let open = try await scene.store.undecided(of: receiver.key, in: scene.scope, limit: 2_000)
            try expectEqual(open.count, 1_024, "commands that were sent")
        },
    ]

    private static func expectNothingSent(_ scene: JournalScene) async throws {
        let open = try await scene.store.undecided(shards: Shard.all, after: nil, limit: 9)
        try expect(open.isEmpty, "a refused commit left a command that it sends")
    }
}
