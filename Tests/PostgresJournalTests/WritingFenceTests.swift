import HoldpointCore
import HoldpointPorts
import PostgresClient
import PostgresJournal
import Testing

extension PostgresJournalTests {
    struct WritingFenceTests {
        @Test func `I2: when a generation is raised, what was sent is finished, and the rest made before or refused`()
            async throws
        {
            try await WritingScene.run { scene in
                let old = scene.fences[8]
                // The connection prepares its statements now: to prepare one waits for the table's lock, too.
                _ = try await scene.journal.commit(scene.commit(try scene.identity(100)))
                let parked = scene.commit(try scene.identity(0))
                let waiting = try (1...20).map { scene.commit(try scene.identity($0)) }
                var tasks: [Task<[JournalError?], Never>] = []
                var raising: Task<Result<Fence, any Error>, Never>?
                try await scene.whileEventsAreLocked {
                    tasks.append(Task { [await scene.outcome(of: parked)] })
                    try await scene.waitUntilParked()
                    tasks.append(Task { await scene.outcomes(of: waiting) })
                    await scene.waitUntilWaiting(waiting.count)
                    raising = Task {
                        do { return .success(try await scene.journal.raiseGeneration(of: old)) } catch {
                            return .failure(error)
                        }
                    }
                    // The segment waits for the table, and the raise for the segment.
                    try await scene.waitUntilParked(2)
                }
                let raised = try #require(try await raising?.value.get())
                #expect(raised.epoch == old.epoch && raised.generation > old.generation)
                let made = try await scene.heads()
                #expect(made["session-0"] == 1)
                #expect(await tasks[0].value == [nil])
                // The next segment may come to the fence before the raise does: then it is finished before, too.
                for (number, outcome) in zip(1..., await tasks[1].value) {
                    #expect(outcome == (made["session-\(number)"] == nil ? .fenced : nil))
                }
                #expect(try await scene.heads() == made, "what the raise found is all there ever will be")
                #expect(try await scene.outcome(of: scene.commit(scene.identity(101), fence: raised)) == nil)
            }
        }

        @Test func `I2: the database refuses a generation and an owner that this process still believes in`()
            async throws
        {
            try await WritingScene.run { scene in
                try await scene.base.execute("update shards set owner = 'node-2', epoch = epoch + 1 where shard = 10")
                let commits = try (0..<20).map {
                    scene.commit(try scene.identity($0, shard: $0.isMultiple(of: 5) ? 10 : 8))
                }
                let outcomes = try await scene.outcomesInOneBatch(of: commits)
                for (number, outcome) in outcomes.enumerated() {
                    #expect(outcome == (number.isMultiple(of: 5) ? .fenced : nil))
                }
                #expect(try await scene.heads().count == 17)

                try await scene.base.execute("update fences set generation = generation + 1 where slot = 0")
                let late = try (20..<25).map { scene.commit(try scene.identity($0, shard: $0 < 23 ? 8 : 9)) }
                let second = await scene.outcomes(of: late)
                #expect(second == [.fenced, .fenced, .fenced, nil, nil], "the other slot has a row of its own")
                #expect(try await scene.heads().count == 19)
                let mark = await scene.mark(try scene.identity(1))
                #expect(mark == .fenced)
            }
        }

        @Test func `I2: all that a node sends after its fences are gone is refused`() async throws {
            try await WritingScene.run { scene in
                try await scene.base.execute("delete from fences")
                let commits = try (0..<40).map { scene.commit(try scene.identity($0, shard: UInt8($0))) }
                #expect(await scene.outcomes(of: commits).allSatisfy { $0 == .fenced })
                #expect(try await scene.heads().isEmpty)
                // What needs no fence can still be done.
                let command = try scene.command(1)
                try await scene.journal.store(command)
                #expect(try await scene.journal.countAttempt(command.id, in: scene.scope) == 1)
            }
        }

        @Test func `a commit under the fence of another shard is refused before it is sent`() async throws {
            try await WritingScene.run { scene in
                let commit = scene.commit(try scene.identity(1), fence: scene.fences[9])
                #expect(await scene.outcome(of: commit) == .fenced)
            }
        }
    }
}

extension WritingScene {
    func mark(_ identity: SessionIdentity) async -> JournalError? {
        do throws(JournalError) {
            try await journal.setQuarantine(
                "x", of: identity.key, in: identity.scope, fence: fences[Int(identity.key.shard.number)])
            return nil
        } catch {
            return error
        }
    }

    func command(_ number: Int64, in scope: Scope? = nil) throws -> StoredCommand {
        let id = Identifier128(time: Self.time(number), random: Identifier128(high: 0, low: UInt64(number)))
        return StoredCommand(
            id: StoredCommandID(id), session: try identity(1, in: scope), kind: "answer", sealed: [1, 2],
            principal: .key("k"), receivedAt: Self.time(number))
    }
}
