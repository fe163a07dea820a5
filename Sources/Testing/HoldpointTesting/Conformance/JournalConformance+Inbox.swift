import HoldpointCore
import HoldpointPorts
import JSON

extension JournalConformance {
    static let inbox: [ConformanceCase<Store>] = [
        scene("a stored command is read back as it was stored, without an outcome") { scene in
            let command = StoredCommand(
                id: JournalScene.commandID(1), session: try scene.identity(1), kind: "start",
                sealed: [0, 255, 0x27, 0], principal: Principal(recorded: "key:\u{0}'"),
                receivedAt: JournalScene.time(5))
            try await scene.store.store(command)
            let view = try await scene.store.storedCommand(command.id, in: scene.scope)
            try expectEqual(view, StoredCommandView(command: command, outcome: nil), "stored command")
        },
        scene("I3: a stored command gets one outcome, with the commit that decides it") { scene in
            let identity = try scene.identity(1)
            _ = try await scene.store.commit(try scene.commit(identity, head: 0))
            try await scene.store.store(scene.command(1, for: identity))
            let outcome = StoredOutcome.applied(.request(JournalScene.request(4), isNew: true))
            let decided = DecidedCommand(id: JournalScene.commandID(1), outcome: outcome)
            _ = try await scene.store.commit(
                try scene.commit(identity, head: 1, events: [JournalScene.event(2)], decided: decided))
            let second = DecidedCommand(id: decided.id, outcome: .applied(.session(isNew: false)))
            let refusal = try await scene.refusal(
                of: try scene.commit(identity, head: 2, events: [JournalScene.event(3)], decided: second))
            try expectEqual(refusal, .alreadyDecided(outcome), "refusal")
            let isFirst = try await scene.store.decide(second, in: scene.scope)
            try expect(!isFirst, "an outcome was replaced")
            let view = try await scene.store.storedCommand(decided.id, in: scene.scope)
            try expectEqual(view?.outcome, outcome, "outcome")
            try expectEqual(try await scene.head(identity), 2, "head")
        },
        scene("I3: an outcome without a commit is written once") { scene in
            let command = scene.command(1, for: try scene.identity(1))
            try await scene.store.store(command)
            let rejection = Rejection(
                .invalidAnswer, "no \u{0} '", violations: [], winner: ["responded_by": "key:1"])
            let first = DecidedCommand(id: command.id, outcome: .refused(rejection))
            let isFirst = try await scene.store.decide(first, in: scene.scope)
            let isSecond = try await scene.store.decide(
                DecidedCommand(id: command.id, outcome: .dead("x")), in: scene.scope)
            try expectEqual([isFirst, isSecond], [true, false], "whether the outcome was written")
            let view = try await scene.store.storedCommand(command.id, in: scene.scope)
            try expectEqual(view?.outcome, first.outcome, "outcome")
        },
        scene("attempts are counted, and shown with the command") { scene in
            let command = scene.command(1, for: try scene.identity(1))
            try await scene.store.store(command)
            for expected: Int64 in 1...3 {
                let count = try await scene.store.countAttempt(command.id, in: scene.scope)
                try expectEqual(count, expected, "attempts")
            }
            let view = try await scene.store.storedCommand(command.id, in: scene.scope)
            try expectEqual(view?.command.attempts, 3, "attempts read back")
        },
        scene("I9: the sealed form of a command goes with its outcome, unless it was given up") { scene in
            let outcomes: [StoredOutcome] = [
                .refused(Rejection(.sessionPaused, "?")), .applied(.session(isNew: false)), .dead("?"),
            ]
            for (number, outcome) in outcomes.enumerated() {
                let command = scene.command(Int64(number + 1), for: try scene.identity(1))
                try await scene.store.store(command)
                _ = try await scene.store.decide(DecidedCommand(id: command.id, outcome: outcome), in: scene.scope)
                let sealed = try await scene.store.storedCommand(command.id, in: scene.scope)?.command.sealed
                try expectEqual(sealed, outcome.isGivenUp ? command.sealed : [], "sealed form after \(outcome)")
            }
        },
        scene("commands without an outcome are listed oldest first, by session and by shard, in pages") { scene in
            let identities = try [
                scene.identity(1, shard: 1), scene.identity(2, shard: 2), scene.identity(3, shard: 1),
            ]
            for number: Int64 in [4, 1, 3, 2, 6, 5] {
                try await scene.store.store(scene.command(number, for: identities[Int(number) % 3]))
            }
            _ = try await scene.store.decide(
                DecidedCommand(id: JournalScene.commandID(3), outcome: .dead("x")), in: scene.scope)
            func numbers(_ commands: [StoredCommand]) -> [Timestamp] { commands.map(\.receivedAt) }
            let own = try await scene.store.undecided(of: identities[1].key, in: scene.scope, limit: 9)
            try expectEqual(numbers(own), [1, 4].map { JournalScene.time($0) }, "commands of the session")
            let limited = try await scene.store.undecided(of: identities[1].key, in: scene.scope, limit: 1)
            try expectEqual(numbers(limited), [JournalScene.time(1)], "first command of the session")
            let shard = try await scene.store.undecided(shards: [Shard(1)], after: nil, limit: 9)
            try expectEqual(numbers(shard), [2, 5, 6].map { JournalScene.time($0) }, "commands of the shard")
            let page = try await scene.store.undecided(shards: Shard.all, after: JournalScene.commandID(2), limit: 2)
            try expectEqual(numbers(page), [4, 5].map { JournalScene.time($0) }, "page of all shards")
            let none = try await scene.store.undecided(shards: [], after: nil, limit: 9)
            try expect(none.isEmpty, "commands of no shard")
        },
        scene("commands of a quarantined session are left out of what is due") { scene in
            let identity = try scene.identity(1)
            _ = try await scene.store.commit(try scene.commit(identity, head: 0))
            try await scene.store.store(scene.command(1, for: identity))
            let fence = try scene.fence(identity)
            try await scene.store.setQuarantine("x", of: identity.key, in: identity.scope, fence: fence)
            let marked = try await scene.store.undecided(shards: Shard.all, after: nil, limit: 9)
            try expect(marked.isEmpty, "a quarantined session's command was due")
            let word = try expectPresent(StoredCommand.kindsForQuarantined.first, "kind")
            try await scene.store.store(scene.command(2, for: identity, kind: word))
            let operators = try await scene.store.undecided(shards: Shard.all, after: nil, limit: 9)
            try expectEqual(operators.map(\.id), [JournalScene.commandID(2)], "commands due despite the mark")
            try await scene.store.setQuarantine(nil, of: identity.key, in: identity.scope, fence: fence)
            let unmarked = try await scene.store.undecided(shards: Shard.all, after: nil, limit: 9)
            try expectEqual(
                unmarked.map(\.id), [1, 2].map { JournalScene.commandID($0) }, "commands due after the mark")
        },
    ]
}
