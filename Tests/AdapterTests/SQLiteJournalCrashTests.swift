import Glibc
import HoldpointCore
import HoldpointPorts
import SQLiteJournal
import Synchronization
import Testing

@Suite("Killing the SQLite journal", .timeLimit(.minutes(2)))
struct SQLiteJournalCrashTests {
    private static let sessions = 64

    @Test(arguments: [1, 200, 3_000])
    func `I1: kill -9 in the middle of a batch loses nothing that was acknowledged`(kills: Int) async throws {
        let folder = try JournalFolder()
        let path = folder.path
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String, kills = kills as Int] in
            try await Self.commitUntilKilled(in: path, after: kills)
        }
        let acknowledged = try readAcknowledged(path + "/acknowledged")
        #expect(acknowledged.values.reduce(0, +) >= Int64(kills))
        let journal = try folder.open()
        let tenure = try await journal.takeUp(node: NodeName("next"))
        #expect(tenure.followsUncleanDeath)
        let scope = Scope(tenant: try TenantName("acme"), project: try ProjectName("billing"))
        for number in 0..<Self.sessions {
            let session = try JournalWriter.session(UInt64(number), in: scope)
            let stored = try await journal.load(session.key, in: scope, usingSnapshot: false)
            let head = Int64(stored?.tail.count ?? 0)
            #expect(head >= acknowledged[number] ?? 0)
            #expect(head.isMultiple(of: 2), "a commit has two events and is stored whole or not at all")
            #expect(stored?.tail.map(\.sequence) ?? [] == Array(1..<(head + 1)))
        }
    }

    /// Many sessions commit pairs of events as fast as they can and note each acknowledgement, until one ends it all.
    private static func commitUntilKilled(in path: String, after kills: Int) async throws {
        let journal = try SQLiteJournal(SQLiteJournalConfiguration(folder: path), clock: StoppedClock())
        let writer = try await JournalWriter(journal)
        let notes = open(path + "/acknowledged", O_WRONLY | O_CREAT | O_APPEND, 0o600)
        let count = Acknowledgements()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<sessions {
                group.addTask {
                    let session = try writer.session(UInt64(number))
                    for head in stride(from: Int64(0), to: 100_000, by: 2) {
                        _ = try await journal.commit(writer.make(session, after: head, events: 2))
                        let line = "\(number) \(head + 2)\n"
                        try #require(write(notes, line, line.utf8.count) == line.utf8.count)
                        if count.add() == kills { kill(getpid(), SIGKILL) }
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    /// Counts acknowledgements over all sessions.
    private final class Acknowledgements: Sendable {
        private let count = Atomic(0)

        func add() -> Int { count.add(1, ordering: .relaxed).newValue }
    }

    /// The highest acknowledged head by session.
    private func readAcknowledged(_ path: String) throws -> [Int: Int64] {
        let lines = String(decoding: try readFile(path), as: UTF8.self).split(separator: "\n")
        return lines.reduce(into: [:]) { heads, line in
            let parts = line.split(separator: " ")
            guard parts.count == 2, let number = Int(parts[0]), let head = Int64(parts[1]) else { return }
            heads[number] = max(heads[number] ?? 0, head)
        }
    }
}
