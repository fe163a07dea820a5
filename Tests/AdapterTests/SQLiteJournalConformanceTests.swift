import HoldpointTesting
import SQLiteJournal
import Testing

@Suite("SQLite journal: conformance", .timeLimit(.minutes(1)))
struct SQLiteJournalConformanceTests {
    @Test(arguments: JournalConformance.cases)
    func `the store keeps the promise`(promise: ConformanceCase<JournalConformance.Store>) async throws {
        let folder = try JournalFolder()
        let journal = try folder.open()
        try await promise.run(journal)
        await journal.close()
    }
}
