import Glibc
import HoldpointCore
import HoldpointPorts
import JSON
import SQLiteClient
import SQLiteJournal
import Testing

@Suite("Opening the SQLite journal", .timeLimit(.minutes(1)))
struct SQLiteJournalOpeningTests {
    @Test func `folder and files are for their owner alone and the settings are in force`() async throws {
        let folder = try JournalFolder()
        let journal = try folder.open()
        _ = try await JournalWriter(journal)
        #expect(mode(of: folder.path) == 0o700)
        for name in ["holdpoint.db", "holdpoint.db-wal", "holdpoint.db-shm", "engine.lock"] {
            #expect(mode(of: folder.path + "/" + name) == 0o600, "\(name)")
        }
        let settings = try await journal.settings()
        #expect(settings.first { $0.name == "journal_mode" }?.value == "wal")
        #expect(settings.first { $0.name == "synchronous" }?.value == "2")
        #expect(settings.first { $0.name == "secure_delete" }?.value == "1")
    }

    @Test func `a second engine is refused with the owner's process, and tools are let in`() async throws {
        let folder = try JournalFolder()
        let journal = try folder.open()
        let writer = try await JournalWriter(journal)
        let error = #expect(throws: JournalUnusable.self) { try folder.open() }
        #expect(error?.kind == .inUse)
        #expect(error?.description.contains(folder.path) == true)
        #expect(error?.description.contains("\(getpid())") == true)
        // What a tool makes is honoured at once, and the engine goes on.
        let tool = try folder.open(.tool)
        let scope = Scope(tenant: try TenantName("late"), project: try ProjectName("p"))
        #expect(try await tool.createTenant(scope.tenant))
        #expect(try await tool.createProject(scope) == true)
        #expect(try await journal.hasProject(scope))
        let session = try JournalWriter.session(1, in: scope)
        _ = try await journal.commit(writer.make(session, after: 0))
        #expect(try await tool.find(session.id, in: scope) == session)
        await journal.close()
        _ = try folder.open()
    }

    @Test func `a file of the first format is brought up to date, and its keys and agents stay`() async throws {
        let folder = try JournalFolder()
        let tenant = try TenantName("acme")
        let digest = Digest(first: Identifier128(high: 1, low: 2), second: Identifier128(high: 3, low: 4))
        let key = KeyRecord(
            id: "k", secretDigest: digest, tenant: tenant, project: nil, scopes: [.operate],
            createdAt: Timestamp(milliseconds: 5))
        let first = try folder.open()
        #expect(try await first.createTenant(tenant))
        #expect(try await first.createKey(key))
        let scope = Scope(tenant: tenant, project: try ProjectName("p"))
        _ = try await first.createProject(scope)
        let agent = try await first.putAgent(
            AgentDefinition(name: try AgentName("bot"), program: .external, inputSchema: nil, labels: [:]), in: scope)
        await first.close()
        // The first format: without what the later steps add.
        for column in ["replaced", "replaced_until", "rotated", "revoked"] {
            try change(folder.database, "ALTER TABLE keys DROP COLUMN \(column)")
        }
        try change(folder.database, "DROP INDEX keys_tenant")
        try change(folder.database, "ALTER TABLE agents DROP COLUMN definition")
        try change(folder.database, "ALTER TABLE node DROP COLUMN started")
        try change(folder.database, "ALTER TABLE projects DROP COLUMN policy")
        for table in [
            "project_secrets", "retentions", "tombstones", "archives", "feed_starts", "policies", "counters",
            "counter_entries", "users", "webhooks", "outbox", "audit_log", "audit_heads",
        ] {
            try change(folder.database, "DROP TABLE \(table)")
        }
        for index in ["sessions_ended", "commands_decided", "idempotency_session"] {
            try change(folder.database, "DROP INDEX \(index)")
        }
        try change(folder.database, "PRAGMA user_version=1")
        let second = try folder.open()
        #expect(try await second.key("k") == key)
        #expect(try await second.agent(agent.definition.name, in: scope) == agent)
        let changed = try await second.changeKey("k", of: tenant, .revoke(at: Timestamp(milliseconds: 6)))
        let revoked = try #require(changed)
        #expect(revoked.revokedAt == Timestamp(milliseconds: 6))
        #expect(try await second.keys(of: tenant, after: nil, limit: 9) == [revoked])
        let secret = ProjectSecret(name: try SecretName("S"), box: [1], updatedAt: Timestamp(milliseconds: 7))
        #expect(try await second.putSecret(secret, in: scope))
        #expect(try await second.secret(secret.name, in: scope) == secret)
        let policy = RetentionPolicy(finishedAfterDays: 1, mode: .archive)
        #expect(try await second.setRetention(policy, of: scope))
        #expect(try await second.retention(of: scope) == policy)
        #expect(try await second.policy(in: scope) == nil)
        let put = try await second.putPolicy(["n": 1], by: .key("k"), at: Timestamp(milliseconds: 8), in: scope)
        #expect(put?.version == 1)
    }

    @Test func `a tool that only looks makes nothing`() throws {
        let folder = try JournalFolder()
        let error = #expect(throws: JournalUnusable.self) { try folder.open(.inspector) }
        #expect(error?.kind == .notAccessible)
        #expect(access(folder.path, F_OK) != 0)
    }

    @Test func `a database of a later release is refused and left alone`() async throws {
        let folder = try JournalFolder()
        try await makeData(in: folder.path)
        try change(folder.database, "PRAGMA user_version=99")
        let before = try readFile(folder.database)
        let error = #expect(throws: JournalUnusable.self) { try folder.open() }
        #expect(error?.kind == .newerFormat)
        #expect(error?.description.contains(folder.database) == true)
        #expect(error?.description.contains("99") == true)
        #expect(try readFile(folder.database) == before)
    }

    @Test func `a database of another program is refused and left alone`() throws {
        let folder = try JournalFolder()
        try DatabaseFolder(path: folder.path).create()
        let connection = try SQLiteConnection(path: folder.database, access: .create, busyTimeout: .zero)
        try connection.execute("CREATE TABLE theirs(x)")
        let error = #expect(throws: JournalUnusable.self) { try folder.open() }
        #expect(error?.kind == .damaged)
        #expect(error?.description.contains("another program") == true)
    }

    @Test func `a file that is no database is refused and left alone`() throws {
        let folder = try JournalFolder()
        try DatabaseFolder(path: folder.path).create()
        let text = [UInt8](repeating: 65, count: 20_000)
        try writeFile(folder.database, text)
        let error = #expect(throws: JournalUnusable.self) { try folder.open() }
        #expect(error?.kind == .damaged)
        #expect(error?.description.contains(folder.database) == true)
        #expect(try readFile(folder.database) == text)
    }

    @Test func `damaged pages are an error of their sessions and not a crash`() async throws {
        let folder = try JournalFolder()
        try await makeData(in: folder.path, sessions: 120)
        var content = try readFile(folder.database)
        for index in content.indices.dropFirst(content.count / 2) { content[index] = UInt8(truncatingIfNeeded: index) }
        try writeFile(folder.database, content)
        let journal = try folder.open(.inspector)
        let scope = Scope(tenant: try TenantName("acme"), project: try ProjectName("billing"))
        var damaged = 0
        for number in 0..<120 {
            let key = try JournalWriter.session(UInt64(number), in: scope).key
            let failure = await journalFailure { _ = try await journal.load(key, in: scope, usingSnapshot: false) }
            if case .corrupt(let text) = failure {
                damaged += 1
                #expect(text.contains(folder.database))
            }
        }
        #expect(damaged > 0)
    }

    @Test func `a folder that may not be written is refused with its path`() async throws {
        let folder = try JournalFolder()
        try await makeData(in: folder.path)
        chmod(String(folder.path.dropLast("/data".count)), 0o755)
        chmod(folder.database, 0o644)
        chmod(folder.path, 0o555)
        let path = folder.path
        await #expect(processExitsWith: .success) { [path = path as String] in
            // The right to write is not asked of the superuser.
            if geteuid() == 0 { try #require(seteuid(65_534) == 0) }
            for role in [SQLiteJournalConfiguration.Role.engine, .tool, .inspector] {
                let error = #expect(throws: JournalUnusable.self) {
                    try SQLiteJournal(SQLiteJournalConfiguration(folder: path, role: role), clock: StoppedClock())
                }
                #expect(error?.kind == .notAccessible)
                #expect(error?.description.contains(path) == true)
            }
        }
        chmod(folder.path, 0o755)
        #expect(try await !folder.open().isEmpty())
    }

    @Test func `a full database refuses commits, keeps what it has and goes on with more room`() async throws {
        let folder = try JournalFolder()
        var journal = try folder.open { $0.maximumDatabaseBytes = 1_000_000 }
        var writer = try await JournalWriter(journal)
        let session = try writer.session(1)
        let data = String(repeating: "x", count: 10_000)
        var head: Int64 = 0
        var failure: JournalError?
        while failure == nil && head < 1_000 {
            let commit = try writer.make(session, after: head, data: data)
            failure = await journalFailure { _ = try await journal.commit(commit) }
            if failure == nil { head += 1 }
        }
        guard case .unavailable(let text) = failure else { throw failure ?? .overloaded }
        #expect(text.contains(folder.database))
        #expect(head > 10)
        #expect(try await journal.load(session.key, in: writer.scope, usingSnapshot: true)?.tail.count == Int(head))
        await journal.close()
        journal = try folder.open()
        writer = try await JournalWriter(journal)
        _ = try await journal.commit(writer.make(session, after: head, data: data))
        let reference = SessionReference(scope: writer.scope, key: session.key)
        #expect(try await journal.heads(of: [reference]) == [session.key: head + 1])
    }

    private func makeData(in path: String, sessions: Int = 1) async throws {
        let journal = try SQLiteJournal(SQLiteJournalConfiguration(folder: path), clock: StoppedClock())
        let writer = try await JournalWriter(journal)
        for number in 0..<sessions {
            let commit = try writer.make(
                writer.session(UInt64(number)), after: 0, events: 4, data: String(repeating: "x", count: 1_000))
            _ = try await journal.commit(commit)
        }
        await journal.close()
    }

    private func change(_ database: String, _ script: String) throws {
        let connection = try SQLiteConnection(path: database, access: .readWrite, busyTimeout: .zero)
        try connection.execute(script)
    }

    private func mode(of path: String) -> UInt32 {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & 0o777 : 0
    }
}
