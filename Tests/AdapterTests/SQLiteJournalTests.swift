import HoldpointCore
import HoldpointPorts
import JSON
import SQLiteClient
import SQLiteJournal
import Testing

@Suite("SQLite journal", .timeLimit(.minutes(1)))
struct SQLiteJournalTests {
    @Test func `what is committed is read back byte for byte, after reopening too`() async throws {
        let folder = try JournalFolder()
        var journal = try folder.open()
        var writer = try await JournalWriter(journal)
        let session = try writer.session(1)
        let text = #"{"text":"tea \#u{0} \#u{1F375}","n":0.10}"#
        _ = try await journal.commit(writer.make(session, after: 0, events: 2, data: text))
        _ = try await journal.commit(
            writer.make(session, after: 2, events: 2, snapshot: JournalWriter.snapshot(3)))
        for _ in 0..<2 {
            let whole = try #require(try await journal.load(session.key, in: writer.scope, usingSnapshot: false))
            #expect(whole.identity == session)
            #expect(whole.snapshot == nil)
            #expect(whole.tail.map(\.sequence) == [1, 2, 3, 4])
            #expect(whole.tail[0] == JournalWriter.event(1, data: text))
            let short = try #require(try await journal.load(session.key, in: writer.scope, usingSnapshot: true))
            #expect(short.snapshot == JournalWriter.snapshot(3))
            #expect(short.tail == [JournalWriter.event(4)])
            #expect(try await journal.find(session.id, in: writer.scope) == session)
            await journal.close()
            journal = try folder.open()
            writer = try await JournalWriter(journal)
        }
    }

    @Test func `U+0000 is kept in every text that a caller chooses`() async throws {
        let folder = try JournalFolder()
        let journal = try folder.open()
        let writer = try await JournalWriter(journal)
        let session = try writer.session(1)
        let text = "a\u{0}b"
        let handle = SecretHandle(request: JournalWriter.request(1), field: text)
        let opening = RequestChange(
            id: handle.request, type: .environment, status: .pending, openedAt: 1, closedAt: nil)
        _ = try await journal.commit(
            writer.make(
                session, after: 0, requests: [opening], secrets: [SealedSecret(handle: handle, box: [0, 1])],
                idempotency: writer.record(text, session)))
        #expect(try await journal.secrets(of: handle.request, in: writer.scope).map(\.handle) == [handle])
        #expect(try await journal.idempotencyRecord(text, in: writer.scope) == writer.record(text, session))
        #expect(try await journal.idempotencyRecord("a", in: writer.scope) == nil)
        let definition = AgentDefinition(
            name: try AgentName("bot"), program: .external, inputSchema: ["title": .string(text)], labels: [text: text])
        _ = try await journal.putAgent(definition, in: writer.scope)
        #expect(try await journal.agent(definition.name, in: writer.scope)?.definition == definition)
    }

    @Test func `I2: a commit under an old epoch or generation is refused`() async throws {
        let folder = try JournalFolder()
        let journal = try folder.open()
        let first = try await JournalWriter(journal)
        let session = try first.session(1)
        _ = try await journal.commit(first.make(session, after: 0))
        let raised = try await journal.raiseGeneration(of: first.fence(of: session))
        #expect(await journalFailure { _ = try await journal.commit(first.make(session, after: 1)) } == .fenced)
        _ = try await journal.commit(first.make(session, after: 1, fence: raised))
        let second = try await JournalWriter(journal)
        #expect(
            await journalFailure { _ = try await journal.commit(first.make(session, after: 2, fence: raised)) }
                == .fenced)
        #expect(
            await journalFailure {
                try await journal.setQuarantine("bad", of: session.key, in: first.scope, fence: raised)
            } == .fenced)
        #expect(await journalFailure { _ = try await journal.raiseGeneration(of: raised) } == .fenced)
        _ = try await journal.commit(second.make(session, after: 2))
        #expect(try await journal.load(session.key, in: first.scope, usingSnapshot: true)?.tail.count == 3)
    }

    @Test func `I2: an engine is fenced at once by another connection that takes up the shards`() async throws {
        let folder = try JournalFolder()
        let journal = try folder.open()
        let writer = try await JournalWriter(journal)
        let session = try writer.session(1)
        _ = try await journal.commit(writer.make(session, after: 0))
        let other = try folder.open(.tool)
        _ = try await other.takeUp(node: NodeName("other"))
        #expect(await journalFailure { _ = try await journal.commit(writer.make(session, after: 1)) } == .fenced)
    }

    @Test func `one commit that is refused leaves its neighbours in the batch alone`() async throws {
        let folder = try JournalFolder()
        let journal = try folder.open()
        let writer = try await JournalWriter(journal)
        let failures = try await withThrowingTaskGroup(of: (Int, JournalError?).self) { group in
            for number in 0..<300 {
                // Every third expects a head that cannot be, every seventh closes a request that is not there.
                let isConflict = number.isMultiple(of: 3)
                let isUnfit = !isConflict && number.isMultiple(of: 7)
                let closing = RequestChange(
                    id: JournalWriter.request(1), type: .decision, status: .answered, openedAt: nil, closedAt: 1)
                let commit = try writer.make(
                    writer.session(UInt64(number)), after: isConflict ? 5 : 0, requests: isUnfit ? [closing] : [])
                group.addTask { (number, await journalFailure { _ = try await journal.commit(commit) }) }
            }
            return try await group.reduce(into: [Int: JournalError]()) { $0[$1.0] = $1.1 }
        }
        for number in 0..<300 {
            if number.isMultiple(of: 3) {
                #expect(failures[number] == .conflict(head: 0))
            } else if number.isMultiple(of: 7) {
                guard case .refused = failures[number] else {
                    Issue.record("\(number): \(String(describing: failures[number]))")
                    continue
                }
            } else {
                #expect(failures[number] == nil)
            }
        }
        let kept = try await journal.sessions(SessionQuery(limit: 1_000), in: writer.scope)
        #expect(kept.count == 300 - failures.count)
    }

    @Test func `a queue that is full refuses as overload and changes nothing`() async throws {
        let folder = try JournalFolder()
        let journal = try folder.open { $0.group.queueWrites = 1 }
        let writer = try await JournalWriter(journal)
        let outcomes = try await withThrowingTaskGroup(of: JournalError?.self) { group in
            for number in 0..<500 {
                let commit = try writer.make(writer.session(UInt64(number)), after: 0, events: 20)
                group.addTask { await journalFailure { _ = try await journal.commit(commit) } }
            }
            return try await group.reduce(into: [JournalError?]()) { $0.append($1) }
        }
        let committed = outcomes.count { $0 == nil }
        #expect(outcomes.allSatisfy { $0 == nil || $0 == .overloaded })
        #expect(outcomes.contains(.overloaded))
        #expect(try await journal.sessions(SessionQuery(limit: 1_000), in: writer.scope).count == committed)
    }

    @Test func `I9: ending a session leaves no byte of its sealed values in the database`() async throws {
        let folder = try JournalFolder()
        let journal = try folder.open()
        let writer = try await JournalWriter(journal)
        let session = try writer.session(1)
        let box = Array("sealed-value-to-be-destroyed".utf8)
        let secret = SealedSecret(handle: SecretHandle(request: JournalWriter.request(1), field: "TOKEN"), box: box)
        _ = try await journal.commit(writer.make(session, after: 0, secrets: [secret]))
        _ = try await journal.commit(writer.make(session, after: 1, status: .completed, destroysSecrets: true))
        #expect(try await journal.secrets(of: JournalWriter.request(1), in: writer.scope).isEmpty)
        // Closing copies the log into the database and removes it.
        await journal.close()
        let content = try readFile(folder.database)
        #expect(content.count > box.count)
        let found = (0...(content.count - box.count)).contains { start in
            content[start] == box[0] && content[start..<(start + box.count)].elementsEqual(box)
        }
        #expect(!found)
    }

    @Test func `I9: sealed values are destroyed with their session, however they came and whoever remembers`()
        async throws
    {
        let folder = try JournalFolder()
        var journal = try folder.open()
        var writer = try await JournalWriter(journal)
        func secret(_ number: UInt64) -> SealedSecret {
            SealedSecret(handle: SecretHandle(request: JournalWriter.request(number), field: "TOKEN"), box: [1])
        }
        let early = try writer.session(1)
        let late = try writer.session(2)
        _ = try await journal.commit(writer.make(early, after: 0, secrets: [secret(1)]))
        _ = try await journal.commit(writer.make(late, after: 0))
        await journal.close()
        journal = try folder.open()
        writer = try await JournalWriter(journal)
        for (session, secrets) in [(early, []), (late, [secret(2)])] {
            _ = try await journal.commit(
                writer.make(session, after: 1, status: .completed, secrets: secrets, destroysSecrets: true))
        }
        for number in [UInt64(1), 2] {
            #expect(try await journal.secrets(of: JournalWriter.request(number), in: writer.scope).isEmpty)
        }
    }

    @Test func `pages follow one another while projects take turns over many blocks of rows`() async throws {
        let folder = try JournalFolder()
        let journal = try folder.open()
        let writer = try await JournalWriter(journal)
        let other = Scope(tenant: writer.scope.tenant, project: try ProjectName("other"))
        _ = try await journal.createProject(other)
        var expected: [Scope: [SessionIdentity]] = [:]
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<400 {
                // The second project has one session in each twenty.
                let scope = number.isMultiple(of: 20) ? other : writer.scope
                let session = try JournalWriter.session(UInt64(number), in: scope)
                let opening = RequestChange(
                    id: JournalWriter.request(UInt64(number)), type: .decision, status: .pending, openedAt: 1,
                    closedAt: nil)
                let commit = try writer.make(session, after: 0, requests: [opening])
                expected[scope, default: []].append(session)
                group.addTask { _ = try await journal.commit(commit) }
            }
            try await group.waitForAll()
        }
        for (scope, sessions) in expected {
            var listed: [SessionIdentity] = []
            repeat {
                let page = try await journal.sessions(SessionQuery(before: listed.last?.key, limit: 7), in: scope)
                listed += page
                if page.count < 7 { break }
            } while listed.count <= sessions.count
            #expect(Set(listed) == Set(sessions) && listed.count == sessions.count)
            var requests: [RequestRecord] = []
            repeat {
                let page = try await journal.requests(RequestQuery(before: requests.last?.id, limit: 7), in: scope)
                requests += page
                if page.count < 7 { break }
            } while requests.count <= sessions.count
            #expect(requests.map(\.session) == listed)
            var feed: [FeedItem] = []
            repeat {
                let page = try await journal.feed(in: scope, after: feed.last?.position ?? .start, limit: 7)
                feed += page
                if page.count < 7 { break }
            } while feed.count <= sessions.count
            #expect(feed.map(\.session) == listed.reversed())
            #expect(try await journal.feedBounds(in: scope).head == feed.last?.position)
        }
    }

    @Test func `a clean end is told from an unclean one`() async throws {
        let folder = try JournalFolder()
        var journal = try folder.open()
        #expect(try await !journal.takeUp(node: NodeName("a")).followsUncleanDeath)
        try await journal.layDown()
        await journal.close()
        journal = try folder.open()
        let second = try await journal.takeUp(node: NodeName("a"))
        #expect(!second.followsUncleanDeath)
        #expect(second.fences.count == 256)
        await journal.close()
        journal = try folder.open()
        let third = try await journal.takeUp(node: NodeName("a"))
        #expect(third.followsUncleanDeath)
        #expect(zip(second.fences, third.fences).allSatisfy { $0.epoch < $1.epoch && $0.shard == $1.shard })
    }

    @Test func `after closing every call is unavailable and a new journal can open`() async throws {
        let folder = try JournalFolder()
        let journal = try folder.open()
        await journal.close()
        let write = await journalFailure { _ = try await journal.createTenant(TenantName("late")) }
        let read = await journalFailure { _ = try await journal.isEmpty() }
        for failure in [write, read] {
            guard case .unavailable = failure else {
                Issue.record("\(String(describing: failure))")
                continue
            }
        }
        #expect(try await folder.open().isEmpty())
    }
}
